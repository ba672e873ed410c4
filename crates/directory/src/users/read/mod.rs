//! Reading users: one by id or login name, lists with the whole filter language, and parts of a person.
//! RPCs: Management GetUserByID, GetUserByLoginNameGlobal, ListUsers, GetHuman{Profile,Email,Phone}; Auth GetMyUser,
//! GetMy{Profile,Email,Phone}; user v2 (v2beta) GetUserByID, ListUsers. Tables `users`, `login_names`. Rules: spec api.md 4.1.12.

mod api_v1;
mod api_v2;
mod filter;
mod query;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{auth_v1 as auth, management_v1 as management, user_v2, user_v2beta};
use castellan_rpc::Registry;

use super::head::UserState;
use super::machine::AccessTokenType;

pub(in crate::users) use query::hidden_otherwise;
pub use query::user_by_id;

/// A user as every API generation shows it.
#[derive(Debug, Clone)]
pub struct User {
    /// The id.
    pub id: String,
    /// The organization that owns it.
    pub org_id: String,
    /// The state.
    pub state: UserState,
    /// The user name.
    pub user_name: String,
    /// Every name it can sign in with.
    pub login_names: Vec<String>,
    /// The one of them to show.
    pub preferred_login_name: String,
    /// What only people or only service users have.
    pub profile: Profile,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its own data changed last.
    pub changed_at: Timestamp,
    /// The sequence of the event that changed it last.
    pub sequence: u64,
}

/// What only people or only service users have.
#[derive(Debug, Clone)]
pub enum Profile {
    /// A person.
    Human(Box<Human>),
    /// A service user.
    Machine(Machine),
}

/// What only people have.
#[derive(Debug, Clone)]
pub struct Human {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Nickname; may be empty.
    pub nick_name: String,
    /// The name to show.
    pub display_name: String,
    /// BCP 47; empty when unset.
    pub preferred_language: String,
    /// The contract's number.
    pub gender: i32,
    /// Where the avatar is stored; empty without one.
    pub avatar_key: String,
    /// E-mail address as given.
    pub email: String,
    /// Whether it is proven.
    pub email_verified: bool,
    /// Phone number in E.164; empty without one.
    pub phone: String,
    /// Whether it is proven.
    pub phone_verified: bool,
    /// Whether the password must be changed at the next sign-in.
    pub password_change_required: bool,
    /// When the password was set.
    pub password_changed_at: Option<Timestamp>,
    /// When setting up a second factor was put off.
    pub mfa_init_skipped_at: Option<Timestamp>,
}

/// What only service users have.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The name to show.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it has a client secret.
    pub has_secret: bool,
    /// The kind of access tokens it gets.
    pub access_token_type: AccessTokenType,
}

impl User {
    /// Where the avatar can be fetched from; empty without one.
    fn avatar_url(&self, human: &Human, origin: &str) -> String {
        if human.avatar_key.is_empty() {
            return String::new();
        }
        format!("{origin}/assets/v1/{}/{}", self.org_id, human.avatar_key)
    }
}

impl Human {
    /// The language as the API shows it: `und` when unset.
    fn shown_language(&self) -> String {
        if self.preferred_language.is_empty() { "und".to_owned() } else { self.preferred_language.clone() }
    }
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/read")
        .query::<management::GetUserByID>(api_v1::get)
        .query::<management::GetUserByLoginNameGlobal>(api_v1::get_by_login_name)
        .query::<management::ListUsers>(api_v1::list)
        .query::<management::GetHumanProfile>(api_v1::get_profile)
        .query::<management::GetHumanEmail>(api_v1::get_email)
        .query::<management::GetHumanPhone>(api_v1::get_phone)
        .query::<auth::GetMyUser>(api_v1::get_my)
        .query::<auth::GetMyProfile>(api_v1::get_my_profile)
        .query::<auth::GetMyEmail>(api_v1::get_my_email)
        .query::<auth::GetMyPhone>(api_v1::get_my_phone)
        .query::<user_v2::GetUserByID>(api_v2::get)
        .query::<user_v2::ListUsers>(api_v2::list)
        .query::<user_v2beta::GetUserByID>(api_v2::v2beta_get)
        .query::<user_v2beta::ListUsers>(api_v2::v2beta_list);
}
