/* report_css.S - the style of `dcgan report`'s page, as text. */
    .section .rodata
    .global dc_report_css
    .hidden dc_report_css
dc_report_css:
    .incbin "report.css"
    .byte 0

    .section .note.GNU-stack, "", %progbits
