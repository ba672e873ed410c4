//! The cookie that tells the console, over REST, that the instance is blocked or has used up its quota (`spec: oauth.md 5.5`).

use ::http::{HeaderMap, HeaderValue, Response, StatusCode, header};

const NAME: &str = "zitadel.quota.exhausted";
const EXHAUSTED: HeaderValue = HeaderValue::from_static("zitadel.quota.exhausted=true; Path=/; Max-Age=300");
const FORGET: HeaderValue = HeaderValue::from_static("zitadel.quota.exhausted=; Path=/; Max-Age=0");

/// Whether the browser was told so before.
pub fn says_exhausted(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .any(|cookie| cookie.trim().split_once('=').is_some_and(|(name, _)| name == NAME))
}

/// Sets the cookie with an answer that is refused for this reason, and takes it back with the first good one.
pub fn tell<B>(was_exhausted: bool, response: &mut Response<B>) {
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().append(header::SET_COOKIE, EXHAUSTED);
    } else if was_exhausted && response.status().is_success() {
        response.headers_mut().append(header::SET_COOKIE, FORGET);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(was_exhausted: bool, status: StatusCode) -> Option<String> {
        let mut response = Response::new(());
        *response.status_mut() = status;
        tell(was_exhausted, &mut response);
        response.headers().get(header::SET_COOKIE).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_refused_answer_sets_the_cookie_and_the_first_good_one_takes_it_back() {
        assert!(told(false, StatusCode::TOO_MANY_REQUESTS).unwrap().starts_with("zitadel.quota.exhausted=true;"));
        assert!(told(true, StatusCode::OK).unwrap().ends_with("Max-Age=0"));
        assert_eq!(told(true, StatusCode::BAD_REQUEST), None);
        assert_eq!(told(false, StatusCode::OK), None);
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert!(!says_exhausted(&headers));
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; zitadel.quota.exhausted=true"));
        assert!(says_exhausted(&headers));
    }
}
