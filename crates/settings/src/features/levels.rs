//! The levels that flags do not have: organizations and users. The contract names RPCs for them, and its answer is UNIMPLEMENTED
//! without details, behind the permission of the RPC (`spec: api.md 4.14`); flags are set on the instance.

use castellan_kernel::{Error, Kind, Result};
use castellan_proto::methods::{feature_v2, feature_v2beta};
use castellan_rpc::{Context, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .room(super::LEVELS_WITHOUT_FLAGS)
        .command::<feature_v2::SetOrganizationFeatures>(refuse)
        .command::<feature_v2::ResetOrganizationFeatures>(refuse)
        .query::<feature_v2::GetOrganizationFeatures>(refuse)
        .command::<feature_v2::SetUserFeatures>(refuse)
        .command::<feature_v2::ResetUserFeatures>(refuse)
        .query::<feature_v2::GetUserFeatures>(refuse)
        .command::<feature_v2beta::SetOrganizationFeatures>(refuse)
        .command::<feature_v2beta::ResetOrganizationFeatures>(refuse)
        .query::<feature_v2beta::GetOrganizationFeatures>(refuse)
        .command::<feature_v2beta::SetUserFeatures>(refuse)
        .command::<feature_v2beta::ResetUserFeatures>(refuse)
        .query::<feature_v2beta::GetUserFeatures>(refuse);
}

async fn refuse<Request, Response>(_: &mut Context, _: Request) -> Result<Response> {
    Err(Error::bare(Kind::Unimplemented, "there are no features of organizations and users, set them on the instance"))
}

#[cfg(test)]
mod tests {
    use castellan_db::testing::TestDb;
    use castellan_proto::zitadel::feature::v2;

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn the_answer_is_unimplemented_without_an_id() {
        let db = TestDb::sqlite().await;
        let world = World::new((*db).clone()).await;
        let request = v2::GetUserFeaturesRequest { user_id: "u1".into(), ..Default::default() };
        let answer: Result<v2::GetUserFeaturesResponse> = refuse(&mut world.admin("i1"), request).await;
        let error = answer.unwrap_err();
        assert_eq!((error.kind(), error.id()), (Kind::Unimplemented, ""));
    }
}
