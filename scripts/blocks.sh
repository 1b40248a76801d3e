#!/bin/sh
# blocks.sh OUT FILE...: takes the C blocks out of Markdown files, so that the tests can compile and
# run them: OUT/NAME-1.c, OUT/NAME-2.c, ... and, where the next block is ```text, what the program
# prints as OUT/NAME-1.txt.  A ```c block is a whole program; ```c fragment is left alone.
set -eu
out=$1
shift
mkdir -p "$out"
rm -f "$out"/*.c "$out"/*.txt
for file in "$@"; do
    name=$(basename "$file" .md)
    awk -v base="$out/$name" '
        /^```c$/    { n++; to = base "-" n ".c"; print "#line " NR + 1 " \"" FILENAME "\"" > to; next }
        /^```text$/ && want { to = base "-" n ".txt"; printf "" > to; want = 0; next }
        /^```/      { if (to ~ /\.c$/) want = 1; else want = 0; if (to) close(to); to = ""; next }
        to          { print > to }
    ' "$file"
done
