// SPDX-License-Identifier: MIT
#include "sim_library.hpp"

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <dlfcn.h>

namespace groq {
namespace {

constexpr const char *file_name = "libgroq-sim.so";

// Never unloaded: its threads are those of cards that may still be open.
void *load(const std::filesystem::path &file) {
    return ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

// Where this library was loaded from.
std::filesystem::path our_folder() {
    Dl_info us{};
    if (::dladdr(reinterpret_cast<const void *>(&load), &us) == 0)
        return "/"; // not relative to where somebody works
    return std::filesystem::path(us.dli_fname).parent_path();
}

result<void *> find_library() {
    if (const char *chosen = ::secure_getenv("GROQ_SIM_LIBRARY")) {
        if (void *library = load(chosen))
            return library;
        return fail(errc::no_simulator, "GROQ_SIM_LIBRARY: %s", ::dlerror());
    }
    // As installed, as built, and wherever else libraries are.
    const auto folder = our_folder();
    for (const auto &place : {folder / GROQ_PLUGIN_FOLDER / file_name,
                              folder / file_name, std::filesystem::path(file_name)})
        if (void *library = load(place))
            return library;
    return fail(errc::no_simulator,
                "no %s in %s, its folder %s, or where libraries are: install it, or "
                "name it in GROQ_SIM_LIBRARY (%s)",
                file_name, folder.c_str(), GROQ_PLUGIN_FOLDER, ::dlerror());
}

} // namespace

result<std::unique_ptr<kernel_port>> open_sim_port(const sim_name &name) {
    const auto library = find_library();
    if (!library)
        return library.error();
    const auto *build = static_cast<const char *>(::dlsym(*library, sim_build_symbol));
    auto *open =
        reinterpret_cast<sim_open_function *>(::dlsym(*library, sim_open_symbol));
    if (!build || !open || std::strcmp(build, GROQ_LIBRARY_BUILD) != 0)
        return fail(errc::no_simulator,
                    "%s is of another build (%s) than this library (%s): install both "
                    "from the same package",
                    file_name, build ? build : "unknown", GROQ_LIBRARY_BUILD);
    opened_sim opened = std::unique_ptr<kernel_port>();
    open(name, opened);
    return opened;
}

} // namespace groq
