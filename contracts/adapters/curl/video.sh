#!/usr/bin/env bash
# A client as people write one: the two curl commands of Alibaba's documentation in a loop, and a third for the clip.
#   DASHSCOPE_API_KEY=sk-… DASHSCOPE_HTTP_BASE_URL=https://…/api/v1 video.sh REQUEST.json CLIP.mp4
# It prints every answer, and ends with 0 once the clip is saved, with 1 where the service said no, with 2 where time was
# up (POLL_SECONDS, 15, and TIMEOUT_SECONDS, 600, may be set), and else as curl did.
set -euo pipefail

request=$1 clip=$2
base=${DASHSCOPE_HTTP_BASE_URL:-https://dashscope-intl.aliyuncs.com/api/v1}
base=${base%/}
every=${POLL_SECONDS:-15}
field() { sed -nE "s/.*\"$2\": ?\"([^\"]*)\".*/\1/p" <<<"$1"; }

answer=$(curl -sS --location "$base/services/aigc/video-generation/video-synthesis" \
  -H 'X-DashScope-Async: enable' \
  -H "Authorization: Bearer $DASHSCOPE_API_KEY" \
  -H 'Content-Type: application/json' \
  --data-binary @"$request")
echo "$answer"
task=$(field "$answer" task_id)
[ -n "$task" ] || exit 1

for ((waited = 0; waited < ${TIMEOUT_SECONDS:-600}; waited += every)); do
  sleep "$every"
  answer=$(curl -sS -X GET "$base/tasks/$task" -H "Authorization: Bearer $DASHSCOPE_API_KEY")
  echo "$answer"
  case $(field "$answer" task_status) in
    SUCCEEDED)
      curl -sS --fail --location -o "$clip" "$(field "$answer" video_url)"
      exit
      ;;
    FAILED | CANCELED | UNKNOWN) exit 1 ;;
  esac
done
echo "timed out after $waited s: task $task" >&2
exit 2
