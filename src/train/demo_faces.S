/* demo_faces.S - the embedded data set, as the PNG file it is. */
    .section .rodata
    .balign 16
    .global dc_demo_faces_begin
    .hidden dc_demo_faces_begin
    .global dc_demo_faces_end
    .hidden dc_demo_faces_end
dc_demo_faces_begin:
    .incbin "demo-faces.png"
dc_demo_faces_end:
    .byte 0

    .section .note.GNU-stack, "", %progbits
