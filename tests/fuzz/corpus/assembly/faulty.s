; SPDX-License-Identifier: MIT
        .target 115343680
        .sram   w.0[0], 960
        .sram   e.0[0], 320
        .entry  "main", monolithic, launch=w.0[2], count=1, cycles=33
        .tensor "out", output, u8, 1, 320
        .part   0, 0, 320, e.0[0], 320

        .section ".text.vxm.3", w.0[0], text
        nop 5                                   ; @0
        copy u8, e7 -> e4                       ; @5
        .zero   608

        .section ".launch", w.0[2], text
        .launch vxm.3, w.0[0], 2

        .symbol "main.vxm.3", w.0[0], 32, function
        .symbol "main.launch", w.0[2], 16, object
