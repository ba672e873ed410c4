# gRPC, gRPC-Web and Connect with nothing but curl and printf. To be sourced after checks.sh.
# Messages are written by hand: all fields are below 16, all texts below 128 bytes.

# The last part of a pipe runs in this shell, so that rpc can set variables.
shopt -s lastpipe

# byte NUMBER: one byte.
byte() { printf '%b' "\\x$(printf '%02x' "$1")"; }

# text FIELD VALUE: a field of type string.
text() {
  byte $(($1 * 8 + 2))
  byte "${#2}"
  printf '%s' "$2"
}

# number FIELD VALUE: a field of type enum or integer.
number() {
  byte $(($1 * 8))
  byte "$2"
}

# rpc FRAMING SERVICE/METHOD <MESSAGE: calls with TOKEN. FRAMING is grpc, grpc-web, connect or connect-json (which takes JSON).
# Sets CODE (the gRPC status by number) and MESSAGE; the answer's message or JSON is in $SCRATCH/answer.
rpc() {
  local framing=$1 url=$BASE_URL/$2 size prefixed=$SCRATCH/request.frame
  cat >"$SCRATCH/request"
  size=$(wc -c <"$SCRATCH/request")
  { byte 0; byte 0; byte 0; byte $((size / 256)); byte $((size % 256)); cat "$SCRATCH/request"; } >"$prefixed"
  local words=(--silent --show-error --request POST --dump-header "$SCRATCH/headers" --output "$SCRATCH/answer"
    --write-out '%{http_code}' --max-time 30)
  [[ -n "${TOKEN-}" ]] && words+=(--header "Authorization: Bearer $TOKEN")
  rm -f "$SCRATCH/answer"
  case $framing in
    grpc)
      STATUS=$(curl "${words[@]}" --http2-prior-knowledge --header 'Content-Type: application/grpc' \
        --header 'TE: trailers' --data-binary "@$prefixed" "$url") ;;
    grpc-web)
      STATUS=$(curl "${words[@]}" --http1.1 --header 'Content-Type: application/grpc-web+proto' \
        --header 'X-Grpc-Web: 1' --data-binary "@$prefixed" "$url") ;;
    connect)
      STATUS=$(curl "${words[@]}" --header 'Content-Type: application/proto' --header 'Connect-Protocol-Version: 1' \
        --data-binary "@$SCRATCH/request" "$url") ;;
    connect-json)
      STATUS=$(curl "${words[@]}" --header 'Content-Type: application/json' --header 'Connect-Protocol-Version: 1' \
        --data-binary "@$SCRATCH/request" "$url") ;;
    *) fail "there is no framing $framing" ;;
  esac
  touch "$SCRATCH/answer"
  BODY=$(tr -cd '[:print:]' <"$SCRATCH/answer")
  case $framing in
    grpc) read_trailers "$SCRATCH/headers" ;;
    # A gRPC-Web answer ends with a frame of trailers, or has them in its headers when it has no message.
    grpc-web) cat "$SCRATCH/headers" "$SCRATCH/answer" >"$SCRATCH/trailers" && read_trailers "$SCRATCH/trailers" ;;
    connect*)
      CODE=0 MESSAGE=""
      if [[ "$STATUS" != 200 ]]; then
        CODE=$(jq -r .code "$SCRATCH/answer") MESSAGE=$(jq -r .message "$SCRATCH/answer")
        case $CODE in
          invalid_argument) CODE=3 ;; not_found) CODE=5 ;; already_exists) CODE=6 ;; permission_denied) CODE=7 ;;
          failed_precondition) CODE=9 ;; unimplemented) CODE=12 ;; unauthenticated) CODE=16 ;;
        esac
      fi ;;
  esac
}

read_trailers() {
  CODE=$(tr -d '\r' <"$1" | grep -aioE 'grpc-status: *[0-9]+' | tail -n 1 | grep -oE '[0-9]+$' || true)
  MESSAGE=$(tr -d '\r' <"$1" | grep -aioE 'grpc-message: *.*' | tail -n 1 | sed -E 's/^[^:]*: *//' || true)
  # The message of a status is percent-encoded.
  MESSAGE=$(printf '%b' "${MESSAGE//\%/\\x}")
}

expect_code() {
  CHECKS=$((CHECKS + 1))
  [[ "$CODE" == "$1" ]] || fail "expected the code $1, but it is '$CODE' with '$MESSAGE'"
  [[ -z "${2-}" || "$MESSAGE" == "$2" ]] || fail "expected the message '$2', but it is '$MESSAGE'"
}

# answered_id: the first id in the answer's message.
answered_id() { grep -aoE '[0-9]{15,20}' "$SCRATCH/answer" | head -n 1; }
