; SPDX-License-Identifier: MIT
        .set    rows, 4
        .tensor a, input, i8, rows, 320
        .part   0, 0, 320, e.0[0], 320
        .tensor b, input, i8, rows, 320
        .part   0, 0, 320, e.1[0], 320
        .tensor c, output, i8, rows, 320
        .part   0, 0, 320, e.4[0], 320

        .entry  main
        .queue  mem.e.0
        read    w0, 0, step=1           ; issues in cycle 0
        repeat  rows-1, 1
        .queue  mem.e.1
        read    w1, word(e.1[0]), step=1
        repeat  rows-1, 1
        .queue  vxm.0
sum:    @2 add.sat i8, w0, w1 -> e0     ; 1 to the stream, 1 hop
        repeat  rows-1, 1
        .queue  mem.e.4
        @sum+7+2 write e0, 0, step=1    ; position 2
        repeat  rows-1, 1
