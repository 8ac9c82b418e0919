// SPDX-License-Identifier: MIT
#include "layout.h"

#include <cstddef>
#include <type_traits>

#define CHECK_TYPE(type, bytes)                                                        \
    static_assert(sizeof(type) == (bytes), #type " has another size");                 \
    static_assert(std::is_standard_layout_v<type> && std::is_trivial_v<type>);
#define CHECK_MEMBER(type, member, offset, bytes)                                      \
    static_assert(offsetof(type, member) == (offset) &&                                \
                      sizeof(type::member) == (bytes),                                 \
                  #type "." #member " lies elsewhere");

GROQ_LAYOUT(CHECK_TYPE, CHECK_MEMBER)
