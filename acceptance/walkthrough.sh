#!/usr/bin/env bash
# The main job from end to end with curl and openssl: a service user gets tokens in three ways and calls the API over
# REST, gRPC, gRPC-Web and Connect; what must be refused is refused, with the documented errors and at once.
# Run it with: acceptance/lib/with-server sqlite acceptance/walkthrough.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/checks.sh
source "$here/lib/checks.sh"
# shellcheck source=lib/rpc.sh
source "$here/lib/rpc.sh"

KEY=$SCRATCH/key.json

say "1. The administrator's token from the first start works"
TOKEN=$ADMIN_PAT
call GET /management/v1/orgs/me
expect_status 200
expect .org.name ZITADEL
expect .org.primaryDomain zitadel.localhost
ORG=$(field .org.id)

say "2. A service user with the role ORG_OWNER, a key, a client secret and a personal access token"
call POST /management/v1/users/machine "$(json '{userName: "walk & talk@example", name: "Walker"}')"
expect_status 200
expect .details.resourceOwner "$ORG"
USER=$(field .userId)
call POST /management/v1/orgs/me/members "$(json --arg id "$USER" '{userId: $id, roles: ["ORG_OWNER"]}')"
expect_status 200
call POST "/management/v1/users/$USER/keys" '{"type":"KEY_TYPE_JSON"}'
expect_status 200
KEY_ID=$(field .keyId)
field .keyDetails | openssl base64 -d -A >"$KEY"
[[ $(jq -r '[.type, .keyId, .userId, .expirationDate] | join(" ")' "$KEY") == \
  "serviceaccount $KEY_ID $USER 9999-12-31T23:59:59Z" ]] || fail "the key file is not as documented: $(jq -c 'del(.key)' "$KEY")"
call PUT "/management/v1/users/$USER/secret" '{}'
expect_status 200
CLIENT_ID=$(field .clientId)
SECRET=$(field .clientSecret)
[[ "$CLIENT_ID" == "walk & talk@example" && ${#SECRET} == 64 ]] || fail "client id $CLIENT_ID, secret of ${#SECRET} characters"
call POST "/management/v1/users/$USER/pats" '{}'
expect_status 200
PAT_ID=$(field .tokenId)
PAT=$(field .token)

# token_of SCOPE…: private key JWT grant with these scopes.
by_key() { form /oauth/v2/token "grant_type=$JWT_BEARER" "assertion=$(sign_assertion "$KEY" "$BASE_URL")" "scope=$*"; }
by_secret() { form /oauth/v2/token --basic "$CLIENT_ID" "$SECRET" grant_type=client_credentials "scope=$*"; }
expect_token() {
  expect_status 200
  expect .token_type Bearer
  expect .expires_in 43199
  expect 'has("refresh_token") or has("scope")' false
  expect_header content-type application/json
  expect_header cache-control no-store
  TOKEN=$(field .access_token)
  [[ -n "$TOKEN" && "$TOKEN" != null ]] || fail "there is no access_token"
}
expect_own_org() {
  call GET /management/v1/orgs/me
  expect_status 200
  expect .org.id "$ORG"
}

say "3. Private key JWT"
by_key openid profile "$API_SCOPE"
expect_token
expect 'has("id_token")' true
KEY_TOKEN=$TOKEN
expect_own_org
call GET /oidc/v1/userinfo
expect_status 200
expect .sub "$USER"
expect .name Walker
expect .preferred_username "walk & talk@example"
expect 'has("email")' false

say "4. Client credentials with HTTP Basic, and the personal access token as it is"
by_secret openid profile "$API_SCOPE"
expect_token
SECRET_TOKEN=$TOKEN
expect_own_org
form /oauth/v2/token grant_type=client_credentials "client_id=$CLIENT_ID" "client_secret=$SECRET" "scope=$API_SCOPE"
expect_token
expect 'has("id_token")' false
expect_own_org
TOKEN=$PAT
expect_own_org
call GET /oidc/v1/userinfo
expect_status 200
expect .sub "$USER"

say "5. What is refused"
say "   without a token, and with something else than a bearer token"
TOKEN=""
call GET /management/v1/orgs/me
expect_status 401
expect_json '{"code":16,"message":"auth header missing"}'
STATUS=$(curl -sS -o "$SCRATCH/body" -w '%{http_code}' -H 'Authorization: Basic YTpi' "$BASE_URL/management/v1/orgs/me")
BODY=$(cat "$SCRATCH/body")
expect_status 401
expect .message 'invalid auth header (AUTH-toLo1)'
TOKEN=nonsense call GET /management/v1/orgs/me
expect_token_refused
say "   a truncated token"
TOKEN=${PAT%????} call GET /management/v1/orgs/me
expect_token_refused
say "   a token without the API's audience"
by_key openid profile
expect_token
NO_AUDIENCE=$TOKEN
call GET /management/v1/orgs/me
expect_token_refused
call GET /oidc/v1/userinfo
expect_status 200
by_secret openid
expect_token
call GET /management/v1/orgs/me
expect_token_refused
say "   token requests that lack something"
form /oauth/v2/token "scope=openid"
expect_oauth_error 400 invalid_request 'grant_type missing'
form /oauth/v2/token grant_type=telepathy scope=openid
expect_oauth_error 400 unsupported_grant_type 'telepathy not supported'
form /oauth/v2/token "grant_type=$JWT_BEARER" scope=openid
expect_oauth_error 400 invalid_request 'assertion missing'
form /oauth/v2/token "grant_type=$JWT_BEARER" "assertion=$(sign_assertion "$KEY" "$BASE_URL")"
expect_status 400
expect .error invalid_request
expect '.error_description | startswith("The scope of your request is missing.")' true
say "   a wrong secret, an unknown client, broken Basic credentials"
form /oauth/v2/token --basic "$CLIENT_ID" wrong grant_type=client_credentials "scope=$API_SCOPE"
expect_oauth_error 400 invalid_request Errors.User.Machine.Secret.Invalid
form /oauth/v2/token --basic nobody "$SECRET" grant_type=client_credentials "scope=$API_SCOPE"
expect_oauth_error 400 invalid_client 'client not found'
STATUS=$(curl -sS -D "$SCRATCH/headers" -o "$SCRATCH/body" -w '%{http_code}' -d grant_type=client_credentials -d scope=openid \
  -H "Authorization: Basic $(printf '%s' '%zz:secret' | openssl base64 -A)" "$BASE_URL/oauth/v2/token")
BODY=$(cat "$SCRATCH/body")
expect_oauth_error 400 invalid_client 'invalid basic auth header'
say "   assertions: expired, too old, for another audience, by an unknown key, altered, unsigned"
bad_assertion() {
  form /oauth/v2/token "grant_type=$JWT_BEARER" "assertion=$1" "scope=openid $API_SCOPE"
  expect_oauth_error 400 invalid_grant 'invalid assertion'
}
bad_assertion "$(sign_assertion "$KEY" "$BASE_URL" -10 60)"
bad_assertion "$(sign_assertion "$KEY" "$BASE_URL" 300 3700)"
bad_assertion "$(sign_assertion "$KEY" "$BASE_URL" 300 -60)"
bad_assertion "$(sign_assertion "$KEY" https://elsewhere.example)"
jq '.keyId = "1"' "$KEY" >"$SCRATCH/other.json"
bad_assertion "$(sign_assertion "$SCRATCH/other.json" "$BASE_URL")"
bad_assertion "$(sign_assertion "$KEY" "$BASE_URL" | sed 's/..........$//')"
bad_assertion "$(printf '{"alg":"none"}' | base64url).$(sign_assertion "$KEY" "$BASE_URL" | cut -d. -f2)."
bad_assertion not-a-jwt

say "   a deactivated user: neither new tokens nor running ones, until reactivated"
TOKEN=$ADMIN_PAT
call POST "/management/v1/users/$USER/_deactivate" '{}'
expect_status 200
by_key "$API_SCOPE"
expect_oauth_error 400 invalid_request Errors.User.NotActive
by_secret "$API_SCOPE"
expect_oauth_error 400 invalid_request Errors.User.NotActive
for TOKEN in "$KEY_TOKEN" "$SECRET_TOKEN" "$PAT"; do
  call GET /management/v1/orgs/me
  expect_token_refused
  call GET /oidc/v1/userinfo
  expect_status 401
done
TOKEN=$ADMIN_PAT
call POST "/management/v1/users/$USER/_reactivate" '{}'
expect_status 200
by_key openid "$API_SCOPE"
expect_token
FRESH_TOKEN=$TOKEN
expect_own_org
TOKEN=$PAT
expect_own_org

say "   a locked user"
TOKEN=$ADMIN_PAT
call POST "/management/v1/users/$USER/_lock" '{}'
expect_status 200
by_key "$API_SCOPE"
expect_oauth_error 400 invalid_request Errors.User.NotActive
TOKEN=$FRESH_TOKEN call GET /management/v1/orgs/me
expect_token_refused
TOKEN=$ADMIN_PAT
call POST "/management/v1/users/$USER/_unlock" '{}'
expect_status 200

say "   no more than the role allows, and nothing once the role is gone"
by_key openid "$API_SCOPE"
expect_token
RUNNING_TOKEN=$TOKEN
call POST /admin/v1/orgs/_search '{}'
expect_status 403
expect .message 'No matching permissions found (AUTH-5mWD2)'
TOKEN=$ADMIN_PAT
call DELETE "/management/v1/orgs/me/members/$USER"
expect_status 200
TOKEN=$RUNNING_TOKEN
call GET /management/v1/orgs/me
expect_status 404
expect .message 'membership not found (AUTHZ-cdgFk)'
TOKEN=$ADMIN_PAT
call POST /management/v1/orgs/me/members "$(json --arg id "$USER" '{userId: $id, roles: ["ORG_OWNER"]}')"
expect_status 200
TOKEN=$RUNNING_TOKEN
expect_own_org

say "6. The same over gRPC, gRPC-Web and Connect"
MANAGEMENT=zitadel.management.v1.ManagementService
for framing in grpc grpc-web connect; do
  say "   $framing"
  TOKEN=$ADMIN_PAT
  { text 1 "robot-$framing"; text 2 "Robot over $framing"; } | rpc "$framing" $MANAGEMENT/AddMachineUser
  expect_code 0
  ROBOT=$(answered_id)
  { text 1 "$ROBOT"; text 2 ORG_OWNER; } | rpc "$framing" $MANAGEMENT/AddOrgMember
  expect_code 0
  { text 1 "$ROBOT"; number 2 1; } | rpc "$framing" $MANAGEMENT/AddMachineKey
  expect_code 0
  grep -aoE '\{"type":"serviceaccount".*\}' "$SCRATCH/answer" | head -n 1 >"$SCRATCH/robot.json"
  text 1 "$ROBOT" | rpc "$framing" $MANAGEMENT/AddPersonalAccessToken
  expect_code 0
  ROBOT_PAT=$(grep -aoE 'eyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){4}' "$SCRATCH/answer" | head -n 1)
  text 1 "$ROBOT" | rpc "$framing" $MANAGEMENT/GenerateMachineSecret
  expect_code 0
  ROBOT_SECRET=$(grep -aoE '[A-Za-z0-9]{64}' "$SCRATCH/answer" | head -n 1)

  form /oauth/v2/token "grant_type=$JWT_BEARER" "assertion=$(sign_assertion "$SCRATCH/robot.json" "$BASE_URL")" "scope=$API_SCOPE"
  expect_token
  ROBOT_KEY_TOKEN=$TOKEN
  form /oauth/v2/token --basic "robot-$framing" "$ROBOT_SECRET" grant_type=client_credentials "scope=$API_SCOPE"
  expect_token
  for TOKEN in "$ROBOT_KEY_TOKEN" "$TOKEN" "$ROBOT_PAT"; do
    rpc "$framing" $MANAGEMENT/GetMyOrg </dev/null
    expect_code 0
    [[ $(answered_id) == "$ORG" ]] || fail "GetMyOrg over $framing does not name the organization $ORG"
    text 1 "$ROBOT" | rpc "$framing" zitadel.user.v2.UserService/GetUserByID
    expect_code 0
  done

  TOKEN=$NO_AUDIENCE
  rpc "$framing" $MANAGEMENT/GetMyOrg </dev/null
  expect_code 16 'Errors.Token.Invalid (AUTH-7fs1e)'
  TOKEN=""
  rpc "$framing" $MANAGEMENT/GetMyOrg </dev/null
  expect_code 16 'auth header missing'
  TOKEN=$ADMIN_PAT
  { text 1 "robot-$framing"; text 2 "Robot again"; } | rpc "$framing" $MANAGEMENT/AddMachineUser
  expect_code 6
  text 2 "Robot without a name" | rpc "$framing" $MANAGEMENT/AddMachineUser
  expect_code 3
  [[ "$MESSAGE" == *UserName* ]] || fail "the message does not name the field: $MESSAGE"
  rpc "$framing" $MANAGEMENT/NoSuchMethod </dev/null
  expect_code 12
done
say "   connect with JSON"
TOKEN=$KEY_TOKEN
by_key openid "$API_SCOPE"
expect_token
rpc connect-json $MANAGEMENT/GetMyOrg <<<'{}'
expect_code 0
expect .org.id "$ORG"
rpc connect-json zitadel.user.v2.UserService/GetUserByID <<<"$(json --arg id "$USER" '{userId: $id}')"
expect_code 0
expect .user.machine.name Walker

say "5 again: what was removed is refused at once"
TOKEN=$ADMIN_PAT
call DELETE "/management/v1/users/$USER/keys/$KEY_ID"
expect_status 200
by_key "$API_SCOPE"
expect_oauth_error 400 invalid_grant 'invalid assertion'
call DELETE "/management/v1/users/$USER/secret"
expect_status 200
by_secret "$API_SCOPE"
expect_oauth_error 400 invalid_request Errors.User.Machine.Secret.NotExisting
call DELETE "/management/v1/users/$USER/pats/$PAT_ID"
expect_status 200
TOKEN=$PAT
call GET /management/v1/orgs/me
expect_token_refused
call GET /oidc/v1/userinfo
expect_status 401
TOKEN=$ADMIN_PAT
call DELETE "/management/v1/users/$USER"
expect_status 200
TOKEN=$RUNNING_TOKEN
call GET /management/v1/orgs/me
expect_token_refused

say "The walkthrough passed: $CHECKS checks"
