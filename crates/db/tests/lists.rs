//! List queries: filters, visibility, pages and totals, on every engine at hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use castellan_db::query::{Condition, List, Part, Related, Scatter, Select, VisibleColumns};
use castellan_db::testing::{on_each_engine, plans};
use castellan_db::{Db, Event, Row};
use castellan_kernel::{Page, Result, TextMethod, TimeMethod, Timestamp, Visibility};

/// Events stand in for any resource: the aggregate's id is its name.
async fn fill(db: &Db, instance: &str, names: &[&str]) {
    let mut tx = db.begin(Some(instance));
    for (position, name) in names.iter().enumerate() {
        let event = Event {
            aggregate_type: "user".into(),
            aggregate_id: (*name).into(),
            event_type: "added".into(),
            payload: None,
            editor: name.to_lowercase().into(),
            owner: format!("org{}", position % 2),
            created_at: Timestamp::from_micros(7),
            is_new: false,
        };
        tx.append_event(event).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn events() -> Select {
    Select::instance("events", "e.aggregate_id", "events e WHERE e.instance_id = $1").order_by(&["e.aggregate_id"])
}

async fn list(db: &Db, select: Select) -> List<String> {
    let read = |row: &Row| -> Result<String> { row.text(0) };
    db.snapshot(Some("i1")).list(&select, read).await.unwrap()
}

async fn names(db: &Db, condition: Condition) -> Vec<String> {
    list(db, events().and(condition)).await.items
}

#[tokio::test]
async fn text_methods_compare_as_they_are_called() {
    on_each_engine(|db| async move {
        fill(&db, "i1", &["Anna", "anna", "Bob%", "Bobby", "back\\slash", "Ärger"]).await;
        fill(&db, "i2", &["Anna"]).await;
        let text = |method, value: &'static str| {
            let db = db.clone();
            async move { names(&db, Condition::text("e.aggregate_id", "e.editor", method, value)).await }
        };
        assert_eq!(text(TextMethod::Equals, "Anna").await, ["Anna"]);
        assert_eq!(text(TextMethod::EqualsIgnoreCase, "ANNA").await, ["Anna", "anna"]);
        assert_eq!(text(TextMethod::StartsWith, "Bob").await, ["Bob%", "Bobby"]);
        assert_eq!(text(TextMethod::StartsWith, "bob").await, [""; 0]);
        assert_eq!(text(TextMethod::StartsWithIgnoreCase, "är").await, ["Ärger"]);
        assert_eq!(text(TextMethod::Contains, "%").await, ["Bob%"]);
        assert_eq!(text(TextMethod::Contains, "_").await, [""; 0]);
        assert_eq!(text(TextMethod::Contains, "\\").await, ["back\\slash"]);
        assert_eq!(text(TextMethod::ContainsIgnoreCase, "NN").await, ["Anna", "anna"]);
        assert_eq!(text(TextMethod::EndsWith, "by").await, ["Bobby"]);
        assert_eq!(text(TextMethod::EndsWithIgnoreCase, "NA").await, ["Anna", "anna"]);
    })
    .await;
}

#[tokio::test]
async fn a_prefix_finds_what_begins_with_it_and_nothing_beside() {
    on_each_engine(|db| async move {
        let all = [
            "a",
            "a\u{10ffff}z",
            "ab",
            "az",
            "b",
            "\u{d7ff}",
            "\u{d7ff}x",
            "\u{e000}",
            "\u{10ffff}",
            "\u{10ffff}\u{10ffff}",
        ];
        fill(&db, "i1", &all).await;
        for prefix in ["", "a", "az", "a\u{10ffff}", "\u{d7ff}", "\u{10ffff}", "c"] {
            let found = names(&db, Condition::text("e.aggregate_id", "e.editor", TextMethod::StartsWith, prefix)).await;
            let mut expected: Vec<&str> = all.into_iter().filter(|name| name.starts_with(prefix)).collect();
            expected.sort_unstable();
            assert_eq!(found, expected, "{prefix:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn conditions_nest() {
    on_each_engine(|db| async move {
        fill(&db, "i1", &["a", "b", "c"]).await;
        let is = |name: &'static str| Condition::equals("e.aggregate_id", name);
        assert_eq!(names(&db, Condition::any([is("a"), is("c")])).await, ["a", "c"]);
        assert_eq!(names(&db, !is("a")).await, ["b", "c"]);
        assert_eq!(names(&db, Condition::all([is("a"), is("b")])).await, [""; 0]);
        assert_eq!(names(&db, Condition::all([])).await.len(), 3);
        assert_eq!(names(&db, Condition::any([])).await.len(), 0);
        assert_eq!(
            names(&db, Condition::sql("e.aggregate_id > ? OR e.sequence = ?", castellan_db::values!["b", 9])).await,
            ["c"]
        );
    })
    .await;
}

#[tokio::test]
async fn lists_of_any_length_compare_by_value() {
    on_each_engine(|db| async move {
        fill(&db, "i1", &["a", "b", "c"]).await;
        let texts =
            |values: &[&str]| Condition::in_list("e.aggregate_id", values.iter().map(|&text| text.into()).collect());
        assert_eq!(names(&db, texts(&[])).await, [""; 0]);
        assert_eq!(names(&db, texts(&["b"])).await, ["b"]);
        assert_eq!(names(&db, texts(&["c", "x", "a"])).await, ["a", "c"]);
        assert_eq!(names(&db, Condition::in_numbers("e.in_tx_order", vec![0, 2])).await, ["a", "c"]);
        assert_eq!(names(&db, Condition::in_numbers("e.in_tx_order", vec![1])).await, ["b"]);
    })
    .await;
}

#[tokio::test]
async fn times_compare_as_they_are_called() {
    on_each_engine(|db| async move {
        fill(&db, "i1", &["a"]).await;
        for (method, micros, expected) in [
            (TimeMethod::Equals, 7, 1),
            (TimeMethod::Greater, 7, 0),
            (TimeMethod::GreaterOrEquals, 7, 1),
            (TimeMethod::Less, 8, 1),
            (TimeMethod::LessOrEquals, 6, 0),
        ] {
            let condition = Condition::time("e.created_at", method, Timestamp::from_micros(micros));
            assert_eq!(names(&db, condition).await.len(), expected, "{method:?} {micros}");
        }
    })
    .await;
}

#[tokio::test]
async fn callers_see_only_what_is_visible_to_them() {
    on_each_engine(|db| async move {
        fill(&db, "i1", &["a", "b", "c"]).await;
        let columns = VisibleColumns::org("e.owner").project("e.aggregate_id").own("e.editor", "b");
        let some = |orgs: &[&str], projects: &[&str]| Visibility::Some {
            orgs: orgs.iter().map(|&id| id.into()).collect(),
            projects: projects.iter().map(|&id| id.into()).collect(),
            grants: vec!["unused".into()],
        };
        assert_eq!(names(&db, Condition::visible(&Visibility::All, &columns)).await.len(), 3);
        assert_eq!(names(&db, Condition::visible(&some(&["org0"], &[]), &columns)).await, ["a", "b", "c"]);
        assert_eq!(names(&db, Condition::visible(&some(&[], &["c"]), &columns)).await, ["b", "c"]);
        assert_eq!(names(&db, Condition::visible(&some(&[], &[]), &VisibleColumns::org("e.owner"))).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn the_total_does_not_depend_on_the_page() {
    on_each_engine(|db| async move {
        fill(&db, "i1", &["a", "b", "c", "d", "e"]).await;
        for (offset, limit, ascending, expected) in [
            (0, 2, true, "ab"),
            (0, 2, false, "ed"),
            (4, 2, true, "e"),
            (9, 2, true, ""),
            (9, 0, true, ""),
            (2, 0, true, "cde"),
            (0, 0, false, "edcba"),
        ] {
            let page = list(&db, events().page(Page::unbounded(offset, limit, ascending))).await;
            // The total belongs to the rows of a page: beyond the end there are none to tell it.
            let total = if expected.is_empty() { 0 } else { 5 };
            assert_eq!((page.items.concat().as_str(), page.total), (expected, total), "offset {offset}, limit {limit}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_far_from_the_beginning_is_the_one_that_was_asked_for() {
    on_each_engine(|db| async move {
        let names: Vec<String> = (1_000..3_100).map(|number| number.to_string()).collect();
        fill(&db, "i1", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        fill(&db, "i2", &["another instance"]).await;
        let keyed = || events().keyed("e.aggregate_id");
        for offset in [999, 1_000, 1_040, 1_050, 1_060, 2_090, 2_100, 9_000] {
            for ascending in [true, false] {
                let mut expected = names.clone();
                if !ascending {
                    expected.reverse();
                }
                let expected: Vec<String> = expected.into_iter().skip(offset).take(20).collect();
                for select in [events(), keyed()] {
                    let page = list(&db, select.page(Page::unbounded(offset as u64, 20, ascending))).await;
                    let total = if expected.is_empty() { 0 } else { 2_100 };
                    assert_eq!((page.items, page.total), (expected.clone(), total), "{offset}, {ascending}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_in_the_middle_of_scattered_rows_is_the_one_that_was_asked_for() {
    on_each_engine(|db| async move {
        let names: Vec<String> = (0..2_100).map(|number| (number * 7_919 % 2_111).to_string()).collect();
        fill(&db, "i1", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        for order in
            [&["e.editor", "e.aggregate_id"], &["e.owner", "e.aggregate_id"], &["e.created_at", "e.aggregate_id"]]
        {
            let sorted = events().keyed("e.aggregate_id").order_by(order);
            for offset in [999, 1_000, 1_050, 1_060, 2_090, 2_100] {
                for ascending in [true, false] {
                    let sorted = sorted.clone().page(Page::unbounded(offset, 20, ascending));
                    let expected = list(&db, sorted.clone()).await;
                    for scatter in [Scatter::Always, Scatter::Filtered] {
                        let scattered = list(&db, sorted.clone().scattered(scatter)).await;
                        assert_eq!(scattered, expected, "{order:?}, {offset}, {ascending}, {scatter:?}");
                    }
                    let filter = Condition::sql("e.editor > '10'", []);
                    let expected = list(&db, sorted.clone().and(filter.clone())).await;
                    let scattered = list(&db, sorted.and(filter).scattered(Scatter::Filtered)).await;
                    assert_eq!(scattered, expected, "{order:?}, {offset}, {ascending}, filtered");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_list_in_parts_is_the_same_as_one_that_is_sorted() {
    const ORDER: &[&str] = &["e.owner", "e.aggregate_id"];
    const PARTS: &[Part] = &[
        Part { condition: "e.owner < 'org0'", order: &["e.aggregate_id"] },
        Part { condition: "e.owner = 'org0'", order: &["e.aggregate_id"] },
        Part { condition: "e.owner > 'org0'", order: ORDER },
    ];
    on_each_engine(|db| async move {
        let names: Vec<String> = (1_000..3_101).map(|number| number.to_string()).collect();
        fill(&db, "i1", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        fill(&db, "i2", &["another instance"]).await;
        for offset in [0, 10, 990, 1_000, 1_040, 1_041, 1_051, 1_060, 2_090, 2_101, 9_000] {
            for (ascending, limit) in [(true, 20), (false, 20), (true, 1_500), (false, 0)] {
                for condition in [Condition::always(), Condition::sql("e.aggregate_id < '1010'", [])] {
                    let page = Page::unbounded(offset, limit, ascending);
                    let sorted = events().keyed("e.aggregate_id").and(condition).order_by(ORDER).page(page);
                    let in_parts = list(&db, sorted.clone().in_parts(PARTS)).await;
                    let expected = list(&db, sorted.clone()).await;
                    assert_eq!(in_parts, expected, "{offset}, {ascending}, {limit}");
                    let if_embedded = list(&db, sorted.in_parts_if_embedded(PARTS)).await;
                    assert_eq!(if_embedded, expected, "{offset}, {ascending}, {limit}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_list_is_the_same_whether_it_goes_through_few_rows_or_many() {
    on_each_engine(|db| async move {
        fill(&db, "i1", &["Anna", "Hanna", "Joanna", "Bob", "hanno"]).await;
        fill(&db, "i2", &["Hanna"]).await;
        let find = "SELECT e.aggregate_id FROM events e WHERE e.instance_id = $1";
        let text = |method, value| {
            Condition::searched_text("e.aggregate_id", find, "e.aggregate_id", "e.editor", method, value)
        };
        let other = "SELECT o.aggregate_id FROM events o WHERE o.instance_id = $1";
        let exists = "EXISTS (SELECT 1 FROM events o WHERE o.instance_id = $1 AND o.aggregate_id = e.aggregate_id";
        let related = |order: i64| Related::rows(other, exists, Condition::equals("o.in_tx_order", order));
        let among = Condition::search_among("e.aggregate_id", [related(2)]);
        let either = Condition::search_among("e.aggregate_id", [related(2), related(0).one()]);
        let owner = |ids: &[&str]| {
            let ids = ids.iter().map(|&id| id.to_owned()).collect();
            Condition::owner("e.owner", ids, "events e WHERE e.instance_id = $1")
        };
        for few in [0, 1, 2, 1_000] {
            plans::take_for_few(few);
            assert_eq!(names(&db, text(TextMethod::Contains, "ann")).await, ["Hanna", "Joanna", "hanno"], "{few}");
            assert_eq!(names(&db, text(TextMethod::Contains, "A")).await, ["Anna"], "{few}");
            assert_eq!(names(&db, text(TextMethod::ContainsIgnoreCase, "ANN")).await.len(), 4, "{few}");
            assert_eq!(names(&db, text(TextMethod::StartsWith, "H")).await, ["Hanna"], "{few}");
            assert_eq!(names(&db, text(TextMethod::EndsWith, "nna")).await, ["Anna", "Hanna", "Joanna"], "{few}");
            assert_eq!(names(&db, text(TextMethod::Equals, "Anna")).await, ["Anna"], "{few}");
            assert_eq!(names(&db, among.clone()).await, ["Joanna"], "{few}");
            assert_eq!(names(&db, either.clone()).await, ["Anna", "Joanna"], "{few}");
            assert_eq!(names(&db, !either.clone()).await.len(), 3, "{few}");
            let keyed = events().keyed("e.aggregate_id").and(either.clone());
            let page = list(&db, keyed.page(Page::unbounded(1, 1, false))).await;
            assert_eq!((page.items, page.total), (vec!["Anna".to_owned()], 2), "{few}");
            let found = events().and(among.clone()).keyed("e.aggregate_id").page(Page::unbounded(0, 1, true));
            assert_eq!(list(&db, found.clone()).await, List { items: vec!["Joanna".to_owned()], total: 1 }, "{few}");
            let found = found.and(Condition::equals("e.owner", "org1"));
            assert_eq!(list(&db, found).await, List { items: vec![], total: 0 }, "{few}");
            assert_eq!(names(&db, !among.clone()).await.len(), 4, "{few}");
            assert_eq!(names(&db, owner(&["org0"])).await, ["Anna", "Joanna", "hanno"], "{few}");
            assert_eq!(names(&db, owner(&["org0", "org1"])).await.len(), 5, "{few}");
            assert_eq!(names(&db, owner(&[])).await.len(), 0, "{few}");
            let both = Condition::all([owner(&["org0"]), text(TextMethod::Contains, "nn")]);
            assert_eq!(names(&db, both.clone()).await, ["Anna", "Joanna", "hanno"], "{few}");
            let page = events().and(both).page(Page::unbounded(0, 2, false));
            let sorted = list(&db, page.keyed("e.aggregate_id").order_by(&["e.owner", "e.aggregate_id"])).await;
            assert_eq!((sorted.items, sorted.total), (vec!["hanno".to_owned(), "Joanna".to_owned()], 3), "{few}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_finds_what_was_written_after_it() {
    on_each_engine(|db| async move {
        fill(&db, "i1", &["Anna", "Bob"]).await;
        let find = "SELECT e.aggregate_id FROM events e WHERE e.instance_id = $1";
        let text = |value| {
            let method = TextMethod::Contains;
            Condition::searched_text("e.aggregate_id", find, "e.aggregate_id", "e.editor", method, value)
        };
        assert_eq!(names(&db, text("nn")).await, ["Anna"]);
        fill(&db, "i2", &["Hanna"]).await;
        assert_eq!(names(&db, text("nn")).await, ["Anna"]);
        fill(&db, "i1", &["Joanna"]).await;
        assert_eq!(names(&db, text("nn")).await, ["Anna", "Joanna"]);
        assert_eq!(names(&db, text("bb")).await.len(), 0);
        let mut tx = db.begin(Some("i1"));
        let condition = Condition::equals("aggregate_id", "Joanna");
        let head = "DELETE FROM events WHERE instance_id = $1 AND sequence > ?";
        tx.execute_where("events", head, &castellan_db::values![0], &condition).await.unwrap();
        let select = events().and(text("nn"));
        let own = tx.list(&select, |row| row.text(0)).await.unwrap();
        assert_eq!(own.items, ["Anna"], "a transaction sees what it wrote itself");
        assert_eq!(names(&db, text("nn")).await, ["Anna", "Joanna"]);
        tx.commit().await.unwrap();
        assert_eq!(names(&db, text("nn")).await, ["Anna"]);
    })
    .await;
}

#[tokio::test]
async fn a_condition_may_ask_another_table() {
    on_each_engine(|db| async move {
        fill(&db, "i1", &["Anna", "Bob"]).await;
        fill(&db, "i2", &["Bob"]).await;
        let head = "e.aggregate_id IN (SELECT o.aggregate_id FROM events o WHERE o.instance_id = $1";
        let named = Condition::indexed_text("o.aggregate_id", "o.editor", TextMethod::StartsWith, "Bo");
        assert_eq!(names(&db, Condition::among(head, named.clone())).await, ["Bob"]);
        assert_eq!(names(&db, !Condition::among(head, named)).await, ["Anna"]);
    })
    .await;
}

#[tokio::test]
async fn rows_are_changed_by_condition() {
    on_each_engine(|db| async move {
        fill(&db, "i1", &["a", "b"]).await;
        fill(&db, "i2", &["a"]).await;
        let mut tx = db.begin(Some("i1"));
        let condition = Condition::in_list("aggregate_id", vec!["a".into(), "x".into()]);
        let head = "UPDATE events SET editor = ? WHERE instance_id = $1";
        let changed = tx.execute_where("events", head, &castellan_db::values!["new"], &condition).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(changed, 1);
        assert_eq!(names(&db, Condition::equals("e.editor", "new")).await, ["a"]);
    })
    .await;
}
