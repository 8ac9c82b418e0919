// SPDX-License-Identifier: MIT
//
// Cards that are wired together, and run programs as one; of one process or of several.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <groq/detail/system_state.hpp>
#include <groq/joint_job.hpp>
#include <groq/placement.hpp>

namespace groq {

// How a card was aligned to its parent in the spanning tree; ends by number of the
// network.
struct aligned_link {
    link_end child, parent;
    groq::alignment alignment;
};

// The cards of a network: card n of the network is chip n, whichever card that is. What
// is made from it keeps it. Any thread may use it.
//
// With companions it spans the cards of several processes. All of them then make the
// same calls, each from one thread, with the same network and the same number of
// programs; each call returns at all, with the same error if with one.
class system {
public:
    // Looks for cards that are wired like @required, which its programs were built for,
    // among those of @uris, or among all: which is which is found by following the
    // cables. Opens those that are needed and leases them; of simulated cards, which
    // cannot be looked at otherwise, it opens all of @uris first. errc::link: no cards
    // are wired like that, the message says which cable is missing or swapped; held:
    // who has a card; else as device::open(). @uris are of this process; @others: the
    // companions, for whose cables it waits some seconds. errc::invalid: cards of two
    // of them have one serial number.
    static result<system> open(const network &required,
                               const std::vector<std::string> &uris = {},
                               std::shared_ptr<companions> others = nobody()) {
        if (std::any_of(uris.begin(), uris.end(), is_seen_open))
            return of(required, open_all(uris), std::move(others));
        const auto seated = detail::seat_all(required, *others,
                                             [&] { return topology::discover(uris); });
        if (!seated)
            return seated.error();
        return make(required, std::move(others), *seated, [&](std::size_t place) {
            return device::open(seated->first.cards[place].info.uri);
        });
    }

    // Of cards that are open. Those that are not needed are closed.
    static result<system> of(const network &required, std::vector<device> devices,
                             std::shared_ptr<companions> others = nobody()) {
        return of(required, result<std::vector<device>>(std::move(devices)),
                  std::move(others));
    }

    std::size_t size() const noexcept { return state_->chips.size(); }
    // Whether the chip is one of this process. Another one's device and job are as if
    // moved from: what is asked of them is errc::invalid.
    bool is_here(std::size_t number) const { return state_->is_here(number); }
    // Of the companion that has it.
    std::size_t rank_of(std::size_t number) const { return state_->chips[number].rank; }
    const device &chip(std::size_t number) const { return state_->chips[number].card; }
    // "chip 3 (accel:5)", as in messages; "chip 3 (accel:5 of rank 1 on node-b)".
    const std::string &name_of(std::size_t number) const {
        return state_->chips[number].name;
    }

    // Sets the hardware-aligned counters of all chips to that of chip 0, along the
    // shortest ways over the cables; parents come first. A part that no cable leads to
    // has a root of its own. To be done anew when a card was reset. Blocks as long as
    // the samples take. errc::link, in_use: as device::align_to().
    result<std::vector<aligned_link>> align(std::uint32_t samples = 1000) {
        std::vector<aligned_link> tree;
        for (const auto &[child, parent] : detail::spanning_tree(state_->wiring)) {
            result<alignment> found = alignment{};
            if (is_here(child.card))
                found = state_->chips[child.card].card.align_to(child.link, samples);
            const auto all = detail::share(*state_->others, found);
            if (!all)
                return state_->explain(child.card, all.error());
            tree.push_back({child, parent, (*all)[rank_of(child.card)]});
        }
        return tree;
    }

    // A program for each chip, in their order, into SRAM: errc::invalid: not as many;
    // else as image::load(). @entry: only this one of its entry points. Those for chips
    // of companions are not looked at.
    result<joint_job> load(std::span<const program> programs,
                           const std::optional<std::string> &entry = {},
                           deadline deadline = forever) {
        return load_each(programs, entry, deadline);
    }
    result<joint_job> load(std::span<const std::string> files,
                           const std::optional<std::string> &entry = {},
                           deadline deadline = forever) {
        return load_each(files, entry, deadline);
    }

private:
    explicit system(std::shared_ptr<detail::system_state> state)
        : state_(std::move(state)) {}

    static bool is_seen_open(const std::string &uri) {
        return uri.starts_with("sim:") || uri.starts_with("record:") ||
               uri.starts_with("replay:");
    }

    static result<std::vector<device>> open_all(const std::vector<std::string> &uris) {
        std::vector<device> devices;
        for (const auto &uri : uris) {
            auto opened = device::open(uri);
            if (!opened)
                return opened.error();
            devices.push_back(std::move(*opened));
        }
        return devices;
    }

    static std::shared_ptr<companions> nobody() { return std::make_shared<alone>(); }

    static result<system> of(const network &required,
                             result<std::vector<device>> devices,
                             std::shared_ptr<companions> others) {
        const auto seated =
            detail::seat_all(required, *others, [&]() -> result<topology> {
                if (!devices)
                    return devices.error();
                return topology::read(std::span<const device>(*devices));
            });
        if (!seated)
            return seated.error();
        return make(required, std::move(others), *seated, [&](std::size_t place) {
            return result<device>(std::move((*devices)[place]));
        });
    }

    template <class Seated, class Own>
    static result<system> make(const network &required,
                               std::shared_ptr<companions> others, const Seated &seated,
                               Own own) {
        const auto &[found, seats] = seated;
        auto state = detail::system_state::create(required, std::move(others), found,
                                                  seats, own);
        if (!state)
            return state.error();
        return system(std::move(*state));
    }

    template <class Source>
    result<joint_job> load_each(std::span<const Source> sources,
                                const std::optional<std::string> &entry,
                                deadline deadline) {
        if (sources.size() != size())
            return error(errc::invalid, std::to_string(sources.size()) +
                                            " programs for " + std::to_string(size()) +
                                            " chips: give one for each");
        std::vector<job> jobs;
        std::optional<error> failure;
        for (std::size_t number = 0; number < size() && !failure; ++number) {
            auto made = is_here(number)
                            ? load_one(number, sources[number], entry, deadline)
                            : job(nullptr);
            if (made)
                jobs.push_back(std::move(*made));
            else
                failure = made.error();
        }
        if (const auto first = first_failure(jobs.size(), failure))
            return state_->explain(first->first, first->second);
        return joint_job(state_, std::move(jobs));
    }

    // Of all companions: the chip, and why. @own: of chip @number, if anything.
    std::optional<std::pair<std::size_t, error>>
    first_failure(std::size_t number, const std::optional<error> &own) {
        std::optional<std::pair<std::size_t, error>> first;
        detail::letter said;
        for (auto &each :
             detail::exchange(*state_->others, said.put(number).put(own))) {
            const auto chip = each.template take<std::size_t>();
            auto why = each.template take<std::optional<error>>();
            if (why && (!first || chip < first->first))
                first.emplace(chip, std::move(*why));
        }
        return first;
    }

    template <class Source>
    result<job> load_one(std::size_t number, const Source &source,
                         const std::optional<std::string> &entry, deadline deadline) {
        const auto loaded = image::load(chip(number), source, deadline);
        if (!loaded)
            return loaded.error();
        return job::create(*loaded, entry);
    }

    std::shared_ptr<detail::system_state> state_;
};

} // namespace groq
