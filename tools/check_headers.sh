#!/bin/sh
# Checks that every header compiles alone, twice in a row, without a warning; the public one also as C++.
# A piece of source that is not meant to stand alone ends in .inc. Prints the compiler's words about headers
# that do not compile; exits 1 if there are any.
cd "$(dirname "$0")/.." || exit 1
warnings="-Wall -Wextra -Wstrict-prototypes -Werror -Wfatal-errors"
failed=0

compile() { # language, flags, header
    printf '#include "%s"\n#include "%s"\n' "$3" "$3" |
        ${CC:-cc} -x "$1" $2 -D_GNU_SOURCE -Iinclude -Isrc -fsyntax-only - || {
        echo "$3 does not compile alone as $1."
        failed=1
    }
}

for header in $(find include src -name '*.h' | sort); do
    compile c "-std=gnu17 $warnings" "${header#*/}"
done
compile c "-std=c99 -pedantic $warnings" dcgan.h
compile c++ "-std=c++11 -pedantic -Wall -Wextra -Werror -Wfatal-errors" dcgan.h

[ "$failed" -eq 0 ] && echo "Every header compiles alone."
exit "$failed"
