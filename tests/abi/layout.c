// SPDX-License-Identifier: MIT
#include "layout.h"

#include <stddef.h>

#define CHECK_TYPE(type, bytes)                                                        \
    _Static_assert(sizeof(struct type) == (bytes), #type " has another size");
#define CHECK_MEMBER(type, member, offset, bytes)                                      \
    _Static_assert(offsetof(struct type, member) == (offset) &&                        \
                       sizeof(((struct type *)0)->member) == (bytes),                  \
                   #type "." #member " lies elsewhere");

GROQ_LAYOUT(CHECK_TYPE, CHECK_MEMBER)

int main(void) {
    return 0;
}
