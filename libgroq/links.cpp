// SPDX-License-Identifier: MIT
#include "links.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "device.hpp"
#include "structure.hpp"
#include "unknown.hpp"

namespace groq {
namespace {

constexpr std::uint32_t samples_max = (1u << 20) - 1;

bool is_up(std::int64_t state) {
    return state == DRM_GROQ_LINK_UP || state == DRM_GROQ_LINK_DEGRADED;
}

groq_link link_of(const drm_groq_link &seen) {
    auto link = unknown_link();
    link.state = seen.state;
    if (is_up(seen.state)) {
        link.peer_serial = std::int64_t(seen.peer_serial);
        link.peer_link = seen.peer_link;
    }
    link.lanes = seen.lanes;
    link.rate_mbps = seen.rate_mbps;
    link.sent = std::int64_t(seen.sent);
    link.received = std::int64_t(seen.received);
    link.corrected = std::int64_t(seen.corrected);
    link.uncorrected = std::int64_t(seen.uncorrected);
    link.downs = std::int64_t(seen.downs);
    link.open = seen.open;
    return link;
}

link_snapshot snapshot_of(const port_links &seen) {
    link_snapshot snapshot{{}, seen.generation};
    std::transform(seen.links.begin(), seen.links.end(),
                   std::back_inserter(snapshot.links), link_of);
    return snapshot;
}

// Half of the way there and back, whose variance is a quarter.
groq_alignment alignment_of(const drm_groq_link_align &measured) {
    const double samples = measured.samples;
    const auto mean = double(measured.round_sum) / samples;
    const auto variance = double(measured.round_squares) / samples - mean * mean;
    groq_alignment alignment{};
    alignment.size = sizeof alignment;
    alignment.samples = measured.samples;
    alignment.period = measured.period;
    alignment.latency_min = measured.round_min / 2.0;
    alignment.latency_mean = mean / 2;
    alignment.latency_max = measured.round_max / 2.0;
    alignment.latency_deviation = std::sqrt(std::max(variance, 0.0)) / 2;
    alignment.offset = measured.offset;
    return alignment;
}

// What a caller asks for the links with.
struct links_request {
    groq_link *links;
    std::size_t capacity;
    std::size_t *count;
    std::uint64_t *generation;

    result<void> check() const {
        if (!count || (!links && capacity))
            return missing_argument();
        return capacity ? check_size(*links) : result<void>();
    }

    // The caller's structures may be of another size than ours.
    void answer(const link_snapshot &snapshot) const {
        const auto size = capacity ? links->size : 0;
        auto *out = reinterpret_cast<std::byte *>(links);
        const auto room = std::min(capacity, snapshot.links.size());
        for (std::size_t i = 0; i < room; ++i) {
            auto *each = reinterpret_cast<groq_link *>(out + size * i);
            each->size = size;
            store_checked(each, snapshot.links[i]);
        }
        *count = snapshot.links.size();
        if (generation)
            *generation = snapshot.generation;
    }
};

result<void> read_named(const char *uri, const links_request &request) {
    const auto card = find_uri(uri, "groq_device_read_links");
    if (!card)
        return card.error();
    const auto snapshot = read_links(*card);
    if (!snapshot)
        return snapshot.error();
    request.answer(*snapshot);
    return {};
}

constexpr const char *links_folder = "links"; // of the PCI device

// Of the folder of a link.
struct attribute {
    const char *file;
    int64_t groq_link::*member;
    int base = 10;
};

constexpr attribute attributes[] = {
    {"peer_serial", &groq_link::peer_serial, 16},
    {"peer_link", &groq_link::peer_link},
    {"lanes", &groq_link::lanes},
    {"rate_mbps", &groq_link::rate_mbps},
    {"sent", &groq_link::sent},
    {"received", &groq_link::received},
    {"corrected", &groq_link::corrected},
    {"uncorrected", &groq_link::uncorrected},
    {"downs", &groq_link::downs},
};

constexpr const char *states[] = {"absent", "down", "training", "up", "degraded"};
constexpr const char *openings[] = {"closed", "here", "both"};

// Its number, of a file that has one of @names.
int64_t number_of(const std::filesystem::path &file,
                  std::span<const char *const> names) {
    const auto name = read_line(file);
    const auto found =
        name ? std::find(names.begin(), names.end(), *name) : names.end();
    return found == names.end() ? GROQ_UNKNOWN : found - names.begin();
}

groq_link read_link(const std::filesystem::path &folder) {
    auto link = unknown_link();
    link.state = number_of(folder / "state", states);
    link.open = number_of(folder / "open", openings);
    for (const auto &each : attributes)
        if (const auto value = read_number(folder / each.file, each.base))
            link.*each.member = *value;
    if (!is_up(link.state))
        link.peer_serial = link.peer_link = GROQ_UNKNOWN;
    return link;
}

std::uint64_t generation_of(const std::filesystem::path &folder) {
    return std::uint64_t(read_number(folder / "generation").value_or(0));
}

} // namespace

// Again, when a state changed on the way.
result<link_snapshot> read_links(const found_card &card) {
    if (!std::filesystem::exists(card.sysfs))
        return error(errc::device_lost, {});
    const auto folder = card.sysfs / links_folder;
    if (!std::filesystem::is_directory(folder))
        return fail(errc::too_old,
                    "the driver of pci:%s does not show links: update it",
                    card.pci.address.c_str());
    link_snapshot snapshot;
    do {
        snapshot = {{}, generation_of(folder)};
        for (auto link = folder / "link0"; std::filesystem::exists(link);
             link = folder / ("link" + std::to_string(snapshot.links.size())))
            snapshot.links.push_back(read_link(link));
    } while (snapshot.generation != generation_of(folder));
    return snapshot;
}

} // namespace groq

int groq_links_read(const char *uri, struct groq_link *links, size_t capacity,
                    size_t *count, uint64_t *generation) {
    return groq::guarded([&]() -> groq::result<void> {
        const groq::links_request request{links, capacity, count, generation};
        if (!uri)
            return groq::missing_argument();
        if (const auto right = request.check(); !right)
            return right;
        return groq::read_named(uri, request);
    });
}

int groq_device_read_links(const struct groq_device *device, struct groq_link *links,
                           size_t capacity, size_t *count, uint64_t *generation) {
    return groq::guarded([&]() -> groq::result<void> {
        const groq::links_request request{links, capacity, count, generation};
        if (!device)
            return groq::missing_argument();
        if (const auto right = request.check(); !right)
            return right;
        const auto seen = device->port().links();
        if (!seen)
            return seen.error();
        request.answer(groq::snapshot_of(*seen));
        return {};
    });
}

int groq_device_align_link(struct groq_device *device, uint32_t link, uint32_t samples,
                           int adjust, struct groq_alignment *alignment) {
    return groq::guarded([&]() -> groq::result<void> {
        if (!device)
            return groq::missing_argument();
        if (samples == 0 || samples > groq::samples_max)
            return groq::fail(groq::errc::invalid,
                              "a link is measured by 1 to %u samples, not by %u",
                              groq::samples_max, samples);
        if (const auto right =
                alignment ? groq::check_size(*alignment) : groq::result<void>();
            !right)
            return right;
        const auto measured =
            device->watch(device->port().align_link(link, samples, adjust != 0));
        if (!measured)
            return measured.error();
        if (alignment)
            groq::store_checked(alignment, groq::alignment_of(*measured));
        return {};
    });
}
