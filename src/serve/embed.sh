#!/bin/sh
# embed.sh FILE... - prints assembly that embeds the files, and the table dc_page_files of page.h. The checksums
# make it differ whenever a file does: Meson keeps an output that is the same, and what was made from it.
set -eu
echo '    .section .rodata'
number=0
for file; do
    echo "/* $(cksum "$file") */"
    printf 'name_%d:\n    .asciz "%s"\ndata_%d:\n    .incbin "%s"\nend_%d:\n' \
        "$number" "$(basename "$file")" "$number" "$file" "$number"
    number=$((number + 1))
done
echo '    .section .data.rel.ro, "aw"'
echo '    .balign 8'
echo '    .global dc_page_files'
echo '    .hidden dc_page_files'
echo 'dc_page_files:'
index=0
while [ "$index" -lt "$number" ]; do
    printf '    .quad name_%d, data_%d, end_%d - data_%d\n' "$index" "$index" "$index" "$index"
    index=$((index + 1))
done
echo '    .quad 0, 0, 0'
echo '    .section .note.GNU-stack, "", %progbits'
