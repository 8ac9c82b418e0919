; SPDX-License-Identifier: MIT
; c = max(a, b), in slices that add.s leaves alone: both can be on a card at once.
        .set    rows, 16
        .text   w.2
        .tensor a, input, i8, rows, 320
        .part   0, 0, 320, w.0[0], 320
        .tensor b, input, i8, rows, 320
        .part   0, 0, 320, w.1[0], 320
        .tensor c, output, i8, rows, 320
        .part   0, 0, 320, w.4[0], 320

        .entry  main
        .queue  mem.w.0
        read    e0, 0, step=1
        repeat  rows-1, 1
        .queue  mem.w.1
        read    e1, 0, step=1
        repeat  rows-1, 1
        .queue  vxm.0
most:   @2 max i8, e0, e1 -> w0
        repeat  rows-1, 1
        .queue  mem.w.4
        @most+7+2 write w0, 0, step=1
        repeat  rows-1, 1
