//! Keys that ZITADEL's configuration knows and that need nothing here: accepted, so that an existing configuration
//! works, with one note in the log; or refused, where silence would mislead.

use super::key::environment_name;

/// What becomes of a key that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    /// Accepted; the text says why it has no effect.
    NoEffect(&'static str),
    /// Refused; the text says what to do instead.
    Refused(&'static str),
}

use Advice::{NoEffect, Refused};

const NO_PROJECTIONS: &str = "there are no projections: reads see every acknowledged write";
const NO_INIT: &str = "the server creates its tables itself, in a database that exists";
const LATER: &str = "not available in this release";

/// Keys and whole sections (a name stands for all below it).
const KNOWN: &[(&str, Advice)] = &[
    ("Actions", NoEffect(LATER)),
    ("AddEventCreatedAt", NoEffect(NO_PROJECTIONS)),
    ("Admin", NoEffect(NO_PROJECTIONS)),
    ("AssetStorage", NoEffect("assets are kept in the database")),
    ("Auth", NoEffect(NO_PROJECTIONS)),
    ("Caches", NoEffect("there is nothing to tune: no cache stands between a read and the database")),
    ("Console", NoEffect(LATER)),
    ("CorrectCreationDate", NoEffect(NO_PROJECTIONS)),
    ("CustomerPortal", NoEffect("there is no customer portal")),
    ("Database.cockroach", Refused("use Database.postgres: CockroachDB speaks the same protocol")),
    ("Database.postgres.Admin", NoEffect(NO_INIT)),
    ("Database.postgres.EventPushConnRatio", NoEffect(NO_PROJECTIONS)),
    ("Database.postgres.MaxConnIdleTime", NoEffect("idle connections are kept")),
    ("Database.postgres.MaxConnLifetime", NoEffect("connections are checked before use")),
    ("Database.postgres.MaxIdleConns", NoEffect("idle connections are kept")),
    ("Database.postgres.Options", Refused("put options into Database.postgres.DSN")),
    ("Database.postgres.ProjectionSpoolerConnRatio", NoEffect(NO_PROJECTIONS)),
    ("Database.postgres.User.SSL.Admin", NoEffect(NO_INIT)),
    ("DefaultInstance.EmailTemplate", NoEffect(LATER)),
    ("DefaultInstance.Limits", NoEffect(LATER)),
    ("DefaultInstance.MessageTexts", NoEffect(LATER)),
    ("DefaultInstance.Quotas", NoEffect(LATER)),
    ("DefaultInstance.Restrictions", NoEffect(LATER)),
    ("DefaultInstance.SMTPConfiguration", NoEffect(LATER)),
    ("Eventstore", NoEffect("events are written in the transaction of the command")),
    ("Executions", NoEffect(LATER)),
    ("FirstInstance.Features", NoEffect("set DefaultInstance.Features")),
    ("FirstInstance.InitProjections", NoEffect(NO_PROJECTIONS)),
    ("InitProjections", NoEffect(NO_PROJECTIONS)),
    ("Instrumentation", NoEffect("see Log, Metrics and Tracing")),
    ("Log.AddSource", NoEffect("log lines name their module")),
    ("Log.Formatter.Data", NoEffect("log lines have a fixed form")),
    ("LogStore.Access.Database", NoEffect("access logs go to the log")),
    ("LogStore.Access.Debounce", NoEffect("access logs are written at once")),
    ("LogStore.Execution", NoEffect(LATER)),
    ("Login", NoEffect(LATER)),
    ("Machine", NoEffect("processes draw their number at random")),
    ("Notifications", NoEffect(LATER)),
    ("OIDC.Cache", NoEffect("there is nothing to tune")),
    ("OIDC.DefaultLogoutURL", NoEffect("see OIDC.DefaultLogoutURLV2")),
    ("OIDC.PadWebfingerLinks", NoEffect("there is no webfinger")),
    ("OIDC.SigningKeyAlgorithm", NoEffect("see DefaultInstance.WebKeys")),
    ("Profiler", NoEffect("there is no profiler")),
    ("Projections", NoEffect(NO_PROJECTIONS)),
    ("SAML", NoEffect(LATER)),
    ("SCIM", NoEffect(LATER)),
    ("ServicePing", NoEffect("nothing is reported to anyone")),
    ("SystemDefaults.DomainVerification", NoEffect("see DefaultInstance.SecretGenerators.DomainVerification")),
    ("SystemDefaults.KeyConfig", NoEffect("see DefaultInstance.WebKeys")),
    ("SystemDefaults.MaxIdPIntentLifetime", NoEffect(LATER)),
    ("SystemDefaults.Notifications", NoEffect(LATER)),
    ("SystemDefaults.Tarpit", NoEffect(LATER)),
    ("Telemetry", NoEffect("nothing is reported to anyone")),
    ("WebAuthNName", NoEffect(LATER)),
];

/// Names that only appear in the environment: of other programs, or read elsewhere.
const ENVIRONMENT: &[(&str, Advice)] = &[
    ("API_URL", NoEffect("a setting of the separate login program")),
    ("MASTERKEY", NoEffect("")),
    ("SERVICE_USER_ID", NoEffect("a setting of the separate login program")),
    ("SERVICE_USER_TOKEN", NoEffect("a setting of the separate login program")),
    ("SERVICE_USER_TOKEN_FILE", NoEffect("a setting of the separate login program")),
];

/// The entry that a lower-cased dotted key falls under.
pub(super) fn by_path(lower: &str) -> Option<(&'static str, Advice)> {
    under(lower, '.', str::to_lowercase)
}

/// The entry that a name of the environment (without prefix) falls under.
pub(super) fn by_environment(name: &str) -> Option<(&'static str, Advice)> {
    let exact = ENVIRONMENT.iter().find(|(known, _)| *known == name).copied();
    exact.or_else(|| under(name, '_', environment_name))
}

fn under(written: &str, separator: char, form: impl Fn(&str) -> String) -> Option<(&'static str, Advice)> {
    KNOWN.iter().copied().find(|(name, _)| {
        written.strip_prefix(&form(name)).is_some_and(|rest| rest.is_empty() || rest.starts_with(separator))
    })
}

/// Whether a variable is one that Kubernetes sets for a service of this name, such as `ZITADEL_PORT=tcp://10.0.0.1:80`.
pub(super) fn is_service_link(name: &str, value: &str) -> bool {
    let after_port = |rest: &str| {
        let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let tail = &rest[number.len()..];
        !number.is_empty() && ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| tail.starts_with(protocol))
    };
    name.ends_with("SERVICE_HOST")
        || name.contains("SERVICE_PORT")
        || name.match_indices("PORT_").any(|(at, _)| after_port(&name[at + "PORT_".len()..]))
        || (name.ends_with("PORT") && ["tcp://", "udp://"].iter().any(|scheme| value.starts_with(scheme)))
}
