#!/bin/sh
# blocks.sh OUT FILE...: takes examples out of Markdown files, so that the tests can run them:
#   ```c        a whole program: OUT/NAME-1.c, and where the next block is ```text, what it prints
#               as OUT/NAME-1.txt; ```c fragment is left alone
#   ```console  lines "$ command" and what they print: OUT/NAME-2.sh and OUT/NAME-2.txt
set -eu
out=$1
shift
mkdir -p "$out"
rm -f "$out"/*.c "$out"/*.sh "$out"/*.txt
for file in "$@"; do
    name=$(basename "$file" .md)
    awk -v base="$out/$name" '
        /^```c$/       { c = base "-" ++n ".c"; print "#line " NR + 1 " \"" FILENAME "\"" > c; next }
        /^```console$/ { sh = base "-" ++n ".sh"; txt = base "-" n ".txt"; printf "" > sh; next }
        /^```text$/ && was_c { txt = base "-" n ".txt"; printf "" > txt; was_c = 0; next }
        /^```/         { was_c = c != ""; if (c) close(c); if (sh) close(sh); if (txt) close(txt)
                         c = sh = txt = ""; next }
        sh && /^\$ /   { print substr($0, 3) > sh; next }
        c              { print > c }
        txt            { print > txt }
    ' "$file"
done
