// SPDX-License-Identifier: MIT
// What can be known to be wrong with a command before any of it is done,
// docs/hardware.md section 9.
#ifndef GROQ_CHIP_COMMAND_HPP
#define GROQ_CHIP_COMMAND_HPP

#include "fault.hpp"

namespace groq::chip {

// Opcode, flags, reserved and out-of-range fields; cause NONE if all is well.
// Windows and host memory are for the engines to check.
groq_fault check_command(const groq_command &command);

} // namespace groq::chip

#endif
