# telling.sh FOLDER COMMAND…: runs the command, and says every two seconds how long it has worked and how
# large the folder that it fills is.
folder=$1
shift
"$@" &
child=$!
(
    seconds=0
    while sleep 2 > /dev/null 2>&1; do
        seconds=$((seconds + 2))
        echo "  … $seconds s, $(du -sm "$folder" 2> /dev/null | cut -f 1) MB"
    done
) &
teller=$!
# Only now: a teller that is ended before it has dropped an inherited trap would go on for ever.
trap 'kill $child 2>/dev/null' INT TERM HUP
wait $child
code=$?
kill $teller 2> /dev/null
wait $teller 2> /dev/null
exit $code
