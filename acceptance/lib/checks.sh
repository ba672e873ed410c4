# Helpers for suites in bash: requests with curl, assertions signed with openssl, checks that say what was expected.
# To be sourced. Needs BASE_URL and SCRATCH (a directory), and curl, openssl and jq.

: "${BASE_URL:?BASE_URL is not set: run this with acceptance/lib/with-server sqlite SUITE}" "${SCRATCH:?SCRATCH is not set}"

# The API project as audience: without this scope a token opens no API.
API_SCOPE="urn:zitadel:iam:org:project:id:zitadel:aud"
JWT_BEARER="urn:ietf:params:oauth:grant-type:jwt-bearer"
CHECKS=0

say() { printf '%s\n' "$*"; }

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  [[ -n "${STATUS:-}" ]] && printf '  last answer: %s %s\n' "$STATUS" "$BODY" >&2
  exit 1
}

# call VERB PATH [JSON]: a REST call with TOKEN (none if empty); sets STATUS and BODY, headers in $SCRATCH/headers.
call() {
  local verb=$1 path=$2 json=${3-}
  local words=(--silent --show-error --request "$verb" --dump-header "$SCRATCH/headers" --output "$SCRATCH/body"
    --write-out '%{http_code}' --max-time 30)
  [[ -n "${TOKEN-}" ]] && words+=(--header "Authorization: Bearer $TOKEN")
  [[ -n "$json" ]] && words+=(--header 'Content-Type: application/json' --data "$json")
  STATUS=$(curl "${words[@]}" "$BASE_URL$path")
  BODY=$(cat "$SCRATCH/body")
}

# form PATH [--basic ID SECRET] NAME=VALUE…: posts a form to an OAuth endpoint; sets STATUS and BODY.
form() {
  local path=$1
  shift
  local words=(--silent --show-error --dump-header "$SCRATCH/headers" --output "$SCRATCH/body" --write-out '%{http_code}'
    --max-time 30)
  if [[ "${1-}" == --basic ]]; then
    words+=(--header "Authorization: Basic $(basic "$2" "$3")")
    shift 3
  fi
  local pair
  for pair in "$@"; do words+=(--data-urlencode "$pair"); done
  STATUS=$(curl "${words[@]}" "$BASE_URL$path")
  BODY=$(cat "$SCRATCH/body")
}

# basic ID SECRET: both form-url-encoded, then base64 (RFC 6749 2.3.1).
basic() { jq -nrj --arg id "$1" --arg secret "$2" '"\($id | @uri):\($secret | @uri)"' | openssl base64 -A; }

# field FILTER: a value of the last answer.
field() { jq -r "$1" <<<"$BODY"; }

# json FILTER [--arg NAME VALUE]…: builds JSON.
json() { jq -nc "$@"; }

expect_status() {
  CHECKS=$((CHECKS + 1))
  [[ "$STATUS" == "$1" ]] || fail "expected status $1"
}

# expect FILTER VALUE: a value of the last answer is this text.
expect() {
  CHECKS=$((CHECKS + 1))
  local seen
  seen=$(field "$1") || fail "the answer is not JSON"
  [[ "$seen" == "$2" ]] || fail "expected $1 to be '$2', but it is '$seen'"
}

# expect_json FILTER: the whole last answer is exactly this JSON, whatever the order of its keys.
expect_json() {
  CHECKS=$((CHECKS + 1))
  jq -e --argjson want "$1" '. == $want' <<<"$BODY" >/dev/null || fail "expected the answer $1"
}

expect_header() {
  CHECKS=$((CHECKS + 1))
  local seen
  seen=$(tr -d '\r' <"$SCRATCH/headers" | sed -n "s/^$1: *//Ip" | tail -n 1)
  [[ "$seen" == "$2" ]] || fail "expected the header $1 to be '$2', but it is '$seen'"
}

# The answer of the API to a token that it does not accept, in full (status, body, challenge).
expect_token_refused() {
  expect_status 401
  expect_json '{"code":16,"message":"Errors.Token.Invalid (AUTH-7fs1e)","details":[{"@type":"type.googleapis.com/zitadel.v1.ErrorDetail","id":"AUTH-7fs1e","message":"Errors.Token.Invalid"}]}'
  expect_header www-authenticate 'Errors.Token.Invalid (AUTH-7fs1e)'
}

# expect_oauth_error STATUS ERROR DESCRIPTION: an error of an OAuth endpoint, in full.
expect_oauth_error() {
  expect_status "$1"
  expect_json "$(json --arg error "$2" --arg text "$3" '{error: $error, error_description: $text}')"
  expect_header content-type application/json
  expect_header cache-control no-store
}

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# sign_assertion KEY_FILE AUDIENCE [SECONDS_UNTIL_EXPIRY] [ISSUED_SECONDS_AGO]: an RS256 assertion of a service user's key.
sign_assertion() {
  local file=$1 audience=$2 lifetime=${3:-300} age=${4:-0}
  local now header payload signature
  now=$(date +%s)
  header=$(jq -cj '{alg: "RS256", typ: "JWT", kid: .keyId}' "$file" | base64url)
  payload=$(jq -cj --arg aud "$audience" --argjson iat "$((now - age))" --argjson exp "$((now + lifetime))" \
    '{iss: .userId, sub: .userId, aud: $aud, iat: $iat, exp: $exp}' "$file" | base64url)
  jq -r .key "$file" >"$SCRATCH/signing-key.pem"
  signature=$(printf '%s.%s' "$header" "$payload" | openssl dgst -sha256 -sign "$SCRATCH/signing-key.pem" -binary | base64url)
  printf '%s.%s.%s' "$header" "$payload" "$signature"
}
