//! Looking whether a domain's owner has published the code: in a TXT record, or in a file on the domain's web server. All of it
//! happens on the network, outside of any transaction.

use castellan_crypto::codes::code_matches;
use castellan_kernel::Fault;
use castellan_outbound::{Client, Failure};

use super::ValidationType;

const RECORD_NOT_FOUND: Fault = Fault::not_found("ORG-G241f", "Errors.Org.DomainVerificationTXTNotFound");
const RECORD_DIFFERS: Fault = Fault::not_found("ORG-G28if", "Errors.Org.DomainVerificationTXTNoMatch");
const LOOKUP_FAILED: Fault = Fault::internal("HTTP-Hwsw2", "Errors.Org.DomainVerificationFailed");
const FILE_NOT_FOUND: Fault = Fault::not_found("ORG-F4zhw", "Errors.Org.DomainVerificationHTTPNotFound");
const FILE_DIFFERS: Fault = Fault::not_found("ORG-GH422", "Errors.Org.DomainVerificationHTTPNoMatch");
const NOT_REACHED: Fault = Fault::internal("HTTP-BH42h", "Errors.Org.DomainVerificationFailed");
const REFUSED: Fault = Fault::internal("HTTP-G2zsw", "Errors.Org.DomainVerificationFailed");
const UNREADABLE: Fault = Fault::internal("HTTP-HB432", "Errors.Org.DomainVerificationFailed");
const TYPE_UNKNOWN: Fault = Fault::invalid("HTTP-Iqd11", "Errors.Org.DomainVerificationTypeInvalid");

/// The most bytes of a file with a code.
const MAX_FILE: usize = 1_024;

/// Where a proof is looked for, as people are told.
pub(super) fn place(validation: ValidationType, domain: &str, code: &str) -> String {
    match validation {
        ValidationType::Dns => format!("_zitadel-challenge.{domain}"),
        ValidationType::Http | ValidationType::None => format!("https://{}", file(domain, code)),
    }
}

fn file(domain: &str, code: &str) -> String {
    format!("{domain}/.well-known/zitadel-challenge/{code}")
}

/// Looks for the code.
///
/// # Errors
/// That the proof is not there, holds something else, or cannot be reached; the cause goes to the log.
pub(super) async fn look_for(
    client: &Client,
    validation: ValidationType,
    domain: &str,
    code: &str,
) -> Result<(), Fault> {
    if !is_host(domain) {
        return Err(NOT_REACHED);
    }
    match validation {
        ValidationType::Dns => in_record(client, domain, code).await,
        ValidationType::Http => in_file(client, domain, code).await,
        ValidationType::None => Err(TYPE_UNKNOWN),
    }
}

/// Domains may have been added as any text; only names of hosts, with no port and nothing else, are ever connected to.
fn is_host(domain: &str) -> bool {
    domain.split('.').all(|label| {
        !label.is_empty()
            && label.chars().all(|character| character.is_alphanumeric() || matches!(character, '-' | '_'))
    })
}

async fn in_record(client: &Client, domain: &str, code: &str) -> Result<(), Fault> {
    let texts = client.txt(&place(ValidationType::Dns, domain, code)).await.map_err(|cause| {
        tracing::info!(domain, %cause, "the proof of a domain cannot be looked up");
        LOOKUP_FAILED
    })?;
    if texts.is_empty() {
        return Err(RECORD_NOT_FOUND);
    }
    if texts.iter().any(|text| code_matches(code, text.trim())) { Ok(()) } else { Err(RECORD_DIFFERS) }
}

/// The file may have the ending `.txt`, as downloads have, and may be served without TLS: a domain that is only being set up has
/// no certificate yet. Of what the tries found, the answer that says most is given.
async fn in_file(client: &Client, domain: &str, code: &str) -> Result<(), Fault> {
    let mut found = NOT_REACHED;
    for scheme in ["https", "http"] {
        for ending in [".txt", ""] {
            let address = format!("{scheme}://{}{ending}", file(domain, code));
            let fault = match client.get(&address, MAX_FILE).await {
                Ok(answer) if answer.is_success() => {
                    if code_matches(code, String::from_utf8_lossy(&answer.body).trim()) {
                        return Ok(());
                    }
                    FILE_DIFFERS
                }
                Ok(answer) if answer.status == 404 => FILE_NOT_FOUND,
                Ok(answer) => {
                    tracing::info!(domain, status = answer.status, "the proof of a domain is not given out");
                    REFUSED
                }
                Err(Failure::TooLarge(_)) => UNREADABLE,
                Err(cause) => {
                    tracing::info!(domain, scheme, %cause, "the proof of a domain cannot be fetched");
                    break;
                }
            };
            found = telling(found, fault);
        }
    }
    Err(found)
}

/// The one of two findings that tells the owner of the domain more.
fn telling(one: Fault, other: Fault) -> Fault {
    let order = [NOT_REACHED, FILE_NOT_FOUND, REFUSED, UNREADABLE, FILE_DIFFERS];
    let rank = |fault: Fault| order.iter().position(|known| *known == fault);
    if rank(other) > rank(one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_hosts_are_connected_to() {
        assert!(is_host("acme.example") && is_host("bücher.example") && is_host("localhost"));
        for domain in
            ["", "acme.example:22", "a@b.example", "acme.example/x", "a..example", "a.example#", "[::1]", "a b"]
        {
            assert!(!is_host(domain), "{domain}");
        }
    }

    #[test]
    fn people_are_told_where_the_proof_is_looked_for() {
        assert_eq!(place(ValidationType::Dns, "acme.example", "c"), "_zitadel-challenge.acme.example");
        let file = "https://acme.example/.well-known/zitadel-challenge/c";
        assert_eq!(place(ValidationType::Http, "acme.example", "c"), file);
    }
}
