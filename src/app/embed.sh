#!/bin/sh
# embed.sh SYMBOL FILE - prints assembly that embeds a text as the C string SYMBOL. The checksum makes it differ
# whenever the file does: Meson keeps an output that is the same, and what was made from it.
set -eu
cat <<END
/* $(cksum "$2") */
    .section .rodata
    .global $1
    .hidden $1
$1:
    .incbin "$2"
    .byte 0
    .section .note.GNU-stack, "", %progbits
END
