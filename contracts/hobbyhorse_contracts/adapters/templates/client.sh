#!/usr/bin/env bash
# An adapter in shell, as a template: copy it, put your command line where `generate` is. It needs bash and curl.
# Try it: hobbyhorse certify adapter "bash client.sh"
set -u

# A message is one JSON object on one line. Nothing else may go to stdout.
hello='{"type":"hello","protocol":1,"name":"template-shell","version":"1","language":"bash"'
hello+=',"capabilities":["generate","download","sleep_hook"],"config":{"auto_retry":false}}'

# The value of a field that is a plain text or number, of the JSON object in $1.
field() { sed -nE "s/.*\"$2\":\"?([^\",}]*).*/\1/p" <<<"$1"; }
# A text as JSON has it.
quoted() { printf '"%s"' "$(tr -d '\000-\037' <<<"$1" | sed 's/\\/\\\\/g; s/"/\\"/g')"; }

# Stands in for `sleep`: tells the kit, goes on when it says so.
pause() {
  echo "{\"type\":\"sleep\",\"id\":\"$id\",\"token\":1,\"seconds\":$1}"
  read -r line || exit
  now=$(field "$line" now)
}

# Says that the call failed, with a kind and what a user would see.
failed() {
  local more=${3:-}
  echo "{\"type\":\"answer\",\"id\":\"$id\",\"ok\":false,\"error\":{\"kind\":\"$1\",\"text\":$(quoted "$2")$more}}"
}

# ---- What follows is the client: a create, polls and a download by curl. Yours goes in its place. ---------------------

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The key goes into a file: other users of the machine see a command line.
call() { curl -sS -o "$work/body" -w '%{http_code}' -H @"$work/key" -A template-shell/1 --max-time 30 "$@" 2>"$work/error"; }

generate() {
  local status state task url ends failures=0
  (umask 077; echo "Authorization: Bearer $api_key" >"$work/key")
  printf '%s' "$request" >"$work/request"
  # Once: whoever sends it again may pay twice.
  if ! status=$(call "$base/services/aigc/video-generation/video-synthesis" -H 'X-DashScope-Async: enable' \
    -H 'Content-Type: application/json' --data-binary @"$work/request"); then
    failed ambiguous "$(cat "$work/error"); it may have been accepted: look before you send it again"
    return
  fi
  refused "$status" "" && return
  task=$(field "$(cat "$work/body")" task_id)
  if [ -z "$task" ]; then
    failed ambiguous "the answer to the create has no task_id"
    return
  fi
  ends=$(awk "BEGIN { print $now + $timeout }")
  while :; do
    pause "$interval"
    if ! status=$(call "$base/tasks/$task") || [ "$status" = 429 ] || [ "$status" -ge 500 ]; then
      failures=$((failures + 1))
      [ "$failures" -le 5 ] && continue
      failed network "task $task: $failures polls in a row failed; it may still finish" ",\"task_id\":\"$task\""
      return
    fi
    failures=0
    refused "$status" ",\"task_id\":\"$task\"" && return
    state=$(field "$(cat "$work/body")" task_status)
    case $state in
      SUCCEEDED) download "$task" "$(field "$(cat "$work/body")" video_url)"; return ;;
      FAILED) ended task "$task" FAILED; return ;;
      CANCELED) ended canceled "$task" CANCELED; return ;;
      UNKNOWN) ended unknown_task "$task" UNKNOWN; return ;;
    esac
    if awk "BEGIN { exit !($now >= $ends) }"; then
      failed timeout "task $task is $state after $timeout s; it may still finish" ",\"task_id\":\"$task\""
      return
    fi
  done
}

# Says of an answer that is no 200 what it said, and is true; else false.
refused() {
  [ "$1" = 200 ] && return 1
  local kind=other
  case $1 in 400) kind=validation ;; 401 | 403) kind=auth ;; 429) kind=quota ;; 5*) kind=ambiguous ;; esac
  failed "$kind" "HTTP $1 $(head -c 300 "$work/body")" ",\"http_status\":$1$(known)$2"
}

# Says how a task ended that did not succeed.
ended() { failed "$1" "task $2 is $3: $(head -c 300 "$work/body")" ",\"task_id\":\"$2\"$(known)"; }

# The fields of the last answer that an error has.
known() {
  local name value
  for name in code message request_id; do
    value=$(field "$(cat "$work/body")" $name)
    [ -n "$value" ] && printf ',"%s":%s' $name "$(quoted "$value")"
  done
}

# Saves the clip under its name once it is whole. The key does not go where clips lie.
download() {
  if [ -z "$2" ]; then
    failed integrity "task $1 succeeded without a video_url" ",\"task_id\":\"$1\""
    return
  fi
  if ! curl -sSf --max-time 30 -o "$work/clip" "$2" 2>"$work/error"; then
    failed network "the clip of task $1 was not saved: $(cat "$work/error")" ",\"task_id\":\"$1\""
    return
  fi
  if [ "$(head -c 8 "$work/clip" | tail -c 4)" != ftyp ]; then
    failed integrity "what came for task $1 is no MP4" ",\"task_id\":\"$1\""
    return
  fi
  local sum size path=""
  sum=$( (sha256sum "$work/clip" || shasum -a 256 "$work/clip") 2>/dev/null | cut -d' ' -f1)
  size=$(wc -c <"$work/clip" | tr -d ' ')
  if [ -n "$out" ]; then
    mv "$work/clip" "$out.part" && mv "$out.part" "$out" && path=",\"path\":$(quoted "$out")"
  fi
  echo "{\"type\":\"answer\",\"id\":\"$id\",\"ok\":true,\"result\":{\"task_id\":\"$1\",\"bytes\":$size,\"sha256\":\"$sum\"$path}}"
}

# ---- The lines from the kit. ------------------------------------------------------------------------------------------

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
      id=$(field "$head" id)
      base=$(field "$head" base_url)
      base=${base%/}
      api_key=$(field "$head" api_key)
      interval=$(field "$options" poll_interval_s)
      timeout=$(field "$options" timeout_s)
      out=$(field "$options" out)
      now=$(field "$options" now)
      interval=${interval:-15}
      timeout=${timeout:-600}
      generate
      ;;
  esac
done
