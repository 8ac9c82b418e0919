// SPDX-License-Identifier: MIT
//
// The driver's refusals.
#pragma once

#include "error.hpp"

namespace groq {

// That the driver refused to do `what`, where no call gives the errno a meaning of
// its own.
error driver_refused(const char *what, int os_error);

} // namespace groq
