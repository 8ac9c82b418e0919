// SPDX-License-Identifier: MIT
#include "flights.hpp"

#include <map>
#include <random>

#include "card_fixture.hpp"

namespace groq {
namespace {

class in_flight : public on_fake_card {
protected:
    void add(std::uint64_t ticket) { all.add({ticket, ticket, job, GROQ_OK}); }
    std::vector<std::uint64_t> tickets() {
        std::vector<std::uint64_t> found;
        (void)all.visit([&](const flight &each) -> result<void> {
            found.push_back(each.ticket);
            return {};
        });
        return found;
    }

    std::shared_ptr<groq_job> job = std::make_shared<groq_job>(open());
    flights all{4};
};

TEST_F(in_flight, are_found_by_ticket) {
    for (const auto ticket : {3u, 5u, 8u})
        add(ticket);
    EXPECT_EQ(all.find(5)->ticket, 5u);
    EXPECT_EQ(all.oldest().ticket, 3u);
    for (const auto none : {0u, 4u, 6u, 9u})
        EXPECT_EQ(all.find(none), nullptr);
}

TEST_F(in_flight, leave_in_any_order) {
    for (const auto ticket : {1u, 2u, 3u, 4u})
        add(ticket);
    all.remove(*all.find(3));
    EXPECT_EQ(all.find(3), nullptr);
    all.remove(*all.find(1));
    EXPECT_EQ(all.oldest().ticket, 2u);
    all.remove(*all.find(2));
    EXPECT_EQ(all.oldest().ticket, 4u);
    all.remove(all.oldest());
    EXPECT_TRUE(all.is_empty());
    EXPECT_EQ(all.find(4), nullptr);
    EXPECT_EQ(job.use_count(), 1) << "those that left hold no job";
}

TEST_F(in_flight, may_be_as_many_as_the_depth_however_long_one_stays) {
    add(1);
    for (std::uint64_t ticket = 2; ticket < 100; ++ticket) {
        add(ticket);
        EXPECT_EQ(tickets(), (std::vector<std::uint64_t>{1, ticket}));
        all.remove(*all.find(ticket));
    }
}

TEST_F(in_flight, do_as_a_map_does) {
    std::minstd_rand random(1);
    std::map<std::uint64_t, int> wanted;
    for (std::uint64_t ticket = 1; ticket < 5000; ticket += 1 + random() % 3) {
        while (wanted.size() == all.depth() || (!wanted.empty() && random() % 3 == 0)) {
            auto gone = std::next(wanted.begin(), long(random() % wanted.size()));
            all.remove(*all.find(gone->first));
            wanted.erase(gone);
        }
        add(ticket);
        wanted.emplace(ticket, 0);
        ASSERT_EQ(all.count(), wanted.size());
        ASSERT_EQ(all.oldest().ticket, wanted.begin()->first);
        const auto found = tickets();
        ASSERT_TRUE(std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(),
                               [](auto a, auto &b) { return a == b.first; }));
    }
}

} // namespace
} // namespace groq
