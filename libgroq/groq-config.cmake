# SPDX-License-Identifier: MIT
# find_package(groq) gives the target groq::groq.
include(CMakeFindDependencyMacro)
find_dependency(Boost 1.81)
include("${CMAKE_CURRENT_LIST_DIR}/groq-targets.cmake")
