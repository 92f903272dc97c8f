#!/usr/bin/env bash
# An adapter for video.sh, a shell script with curl. The script runs as it is; its `sleep` is a function that tells the
# kit. Its mapping of what the script prints and ends with to the protocol is below.
set -u
here=$(cd "$(dirname "$0")" && pwd)
version=$(curl --version | head -n 1 | cut -d' ' -f2)
hello='{"type":"hello","protocol":1,"name":"curl in a shell script","version":"'$version'","language":"bash"'
hello+=',"capabilities":["generate","download","sleep_hook","i2v","r2v","passthrough","tls"]'
hello+=',"config":{"time":"patch","auto_retry":false}}'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
exec 3>&1 4<&0 # the kit; the script's own stdin and stdout are others

# The value of a field that is a plain text or number, of the JSON object in $1.
field() { sed -nE "s/.*\"$2\": ?\"?([^\",}]*).*/\1/p" <<<"$1"; }
# A text as JSON has it.
quoted() { printf '"%s"' "$(tr -d '\000-\037' <<<"$1" | iconv -cf utf-8 -t utf-8 | sed 's/\\/\\\\/g; s/"/\\"/g')"; }

# Stands in for `sleep` in the script.
sleep() {
  printf '{"type":"sleep","id":"%s","token":1,"seconds":%s}\n' "$CALL" "$1" >&3
  read -r _ <&4
}
export -f sleep

answer() {
  rm -f "$work"/*
  printf '%s' "$request" >"$work/request.json"
  local said=0
  CALL=$id DASHSCOPE_API_KEY=$api_key DASHSCOPE_HTTP_BASE_URL=$base POLL_SECONDS=$interval TIMEOUT_SECONDS=$timeout \
    bash "$here/video.sh" "$work/request.json" "${out:-$work/clip.mp4}" >"$work/stdout" 2>"$work/stderr" </dev/null || said=$?
  cat "$work/stderr" >&2
  local last status task text
  last=$(grep . "$work/stdout" | tail -n 1)
  status=$(field "$last" task_status)
  task=$(field "$(cat "$work/stdout")" task_id | tail -n 1)
  if [ "$said" = 0 ]; then
    local clip=${out:-$work/clip.mp4}
    printf '{"type":"answer","id":"%s","ok":true,"result":{"task_id":"%s","bytes":%s,"sha256":"%s"%s}}\n' "$id" "$task" \
      "$(wc -c <"$clip" | tr -d ' ')" "$(sha256 "$clip")" "${out:+,\"path\":$(quoted "$out")}"
    return
  fi
  text=$(tail -c 600 "$work/stdout" "$work/stderr" 2>/dev/null | grep -v '^==>')
  printf '{"type":"answer","id":"%s","ok":false,"error":{"kind":"%s","text":%s%s}}\n' "$id" "$(kind)" \
    "$(quoted "$text")" "$(known)"
}

sha256() { { sha256sum "$1" || shasum -a 256 "$1"; } 2>/dev/null | cut -d' ' -f1; }

# What the script's end and its last answer come to, in the protocol's words.
kind() {
  case $said:$status in
    2:*) echo timeout ;;
    1:FAILED) echo task ;;
    1:CANCELED) echo canceled ;;
    1:UNKNOWN) echo unknown_task ;;
    1:*) case $(literal "$last" code) in
      '"InvalidApiKey"' | '"AccessDenied'* | '"Model.AccessDenied"') echo auth ;;
      '"Throttling'* | '"AllocationQuota'* | '"Arrearage"') echo quota ;;
      '"DataInspection'*) echo moderation ;;
      '"InvalidParameter'* | '"BadRequest'* | '"ModelNotFound"') echo validation ;;
      *) echo other ;;
    esac ;;
    *) echo network ;; # an exit code of curl's
  esac
}

# A field that is a text, of the JSON object in $1, as it stands there.
literal() { sed -nE "s/.*\"$2\": ?(\"(\\\\.|[^\"\\\\])*\").*/\1/p" <<<"$1"; }

# The fields of an error that stand in what the script printed.
known() {
  local name value
  for name in code message request_id; do
    value=$(literal "$last" $name)
    [ -n "$value" ] && printf ',"%s":%s' $name "$value"
  done
  [ -n "$task" ] && printf ',"task_id":%s' "$(quoted "$task")"
}

while read -r line; do
  case $line in
    '{"type":"hello"'*) echo "$hello" ;;
    '{"type":"bye"'*) exit ;;
    '{"type":"call"'*)
      # The fields of a call come in this order: request, options, now. The request is passed on as it is.
      rest=${line#*\"request\":}
      request=${rest%,\"options\":*}
      options=${rest##*,\"options\":}
      head=${line%%\"request\":*}
      id=$(field "$head" id) base=$(field "$head" base_url) api_key=$(field "$head" api_key)
      interval=$(field "$options" poll_interval_s) timeout=$(field "$options" timeout_s) out=$(field "$options" out)
      interval=${interval:-15} timeout=${timeout:-600}
      interval=${interval%.*} timeout=${timeout%.*} # the script counts whole seconds
      answer
      ;;
  esac
done
