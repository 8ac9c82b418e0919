; SPDX-License-Identifier: MIT
        .target 115344640
        .sram   w.0[0], 1280
        .sram   w.1[0], 2240
        .sram   e.0[0], 1280
        .entry  "main", monolithic, launch=w.1[6], count=3, cycles=34
        .tensor "in", input, u8, 4, 320
        .part   0, 0, 320, w.0[0], 320
        .tensor "out", output, u8, 4, 320
        .part   0, 0, 320, e.0[0], 320

        .section ".text.mem.w.0", w.1[0], text
        read e0, 0, step=1                      ; @0
        repeat 3, 1
        .zero   608

        .section ".text.mem.e.0", w.1[2], text
        nop 10                                  ; @0
        write e4, 0, step=1                     ; @10
        repeat 3, 1
        .zero   592

        .section ".text.vxm.0", w.1[4], text
        nop 2                                   ; @0
        add.mod u8, e0, 1 -> e4                 ; @2
        repeat 3, 1
        .zero   592

        .section ".launch", w.1[6], text
        .launch mem.w.0, w.1[0], 2
        .launch mem.e.0, w.1[2], 3
        .launch vxm.0, w.1[4], 3

        .symbol "main.mem.w.0", w.1[0], 32, function
        .symbol "main.mem.e.0", w.1[2], 48, function
        .symbol "main.vxm.0", w.1[4], 48, function
        .symbol "main.launch", w.1[6], 48, object
