# The body comes in as the input; what is printed is the answer.
name=$(cat)
echo "$GREETING ${name:-$1}, this is event $NUCLIO_EVENT_ID"
