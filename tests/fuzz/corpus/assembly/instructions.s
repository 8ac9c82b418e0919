; SPDX-License-Identifier: MIT
        read    e3, 0x10, step=1
        read_write e0, 5, w1, 4096, read_step=1, write_step=2
        lw      e0, 0, step=1
        acc     w4, add, emit, i32, 7, step=1
        convert f32, i8, alu2 -> e20    ; from, to
        mul.mod f32, alu1, 0.0078125
        max     i8, e0, -5
        ifetch  w.40[2]
        config  10                      ; superlanes
        gather  e4, 0x100, w2           ; to e4, base word, by the map on w2 and w3
        scatter e4, 0x100, w2
        blend   f32, e0, 1.0, alu3 -> e4 ; a, b, condition
        abc     w2, f16
        acc     e0, add, emit, f32, 7
        acc     f32, 0, step=1          ; without emit: no stream
        iw.stream w16, 0, step=1
        shift.up e0, w4, i32, 16        ; from, to, type, lanes
        select  e0, e1, e2, e3, w4, u8  ; from, north, south, map, to, type
        permute e0, e2, w4, i16         ; from, map, to, type
        distribute e0, e4, w4, f32      ; from, map, to, type
        rotate  e0, w16, 3              ; from, to, n
        transpose e16, w0               ; from, to
