// SPDX-License-Identifier: MIT
// The trace events of the driver: what happens to a job, in order.
#include "card.hpp"
#include "endless.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

const std::string tracing = "/sys/kernel/tracing/";

struct event {
    std::string name;
    std::map<std::string, std::string> fields;
};

// "  task-12 [000] d.h1. 1.234: groq_job_emit: card=0000:01:00.0 queue=1 ..."
event parse(const std::string &line) {
    static const std::regex form(R"(.*\d: (groq_\w+): (.*))");
    std::smatch found;
    if (!std::regex_match(line, found, form))
        return {};
    event made{found[1], {}};
    std::istringstream words(found[2]);
    for (std::string word; words >> word;)
        if (std::size_t equals = word.find('='); equals != std::string::npos)
            made.fields[word.substr(0, equals)] = word.substr(equals + 1);
    return made;
}

// Records the driver's events from here to the end of its life.
class recording {
public:
    recording() {
        write_file(tracing + "trace", "");
        write_file(tracing + "events/groq/enable", "1");
    }
    recording(const recording &) = delete;
    recording &operator=(const recording &) = delete;
    ~recording() { write_file(tracing + "events/groq/enable", "0"); }

    std::vector<event> events() const {
        std::ifstream file(tracing + "trace");
        std::vector<event> all;
        for (std::string line; std::getline(file, line);)
            if (event next = parse(line); !next.name.empty())
                all.push_back(next);
        return all;
    }

    // Those of one job, which all its stages name alike.
    std::vector<event> of_job(const std::string &queue,
                              const std::string &seqno) const {
        std::vector<event> mine = events();
        std::erase_if(mine, [&](event &other) {
            return other.fields["card"] != address_of() ||
                   other.fields["queue"] != queue || other.fields["seqno"] != seqno;
        });
        return mine;
    }

    std::vector<event> called(const std::string &name) const {
        std::vector<event> same = events();
        std::erase_if(same, [&](const event &other) { return other.name != name; });
        return same;
    }
};

std::vector<std::string> names(const std::vector<event> &events) {
    std::vector<std::string> list;
    for (const event &one : events)
        list.push_back(one.name);
    return list;
}

// The job that was submitted last.
std::vector<event> stages_of_last_job(const recording &trace) {
    std::vector<event> submitted = trace.called("groq_job_submit");
    if (submitted.empty())
        return {};
    auto &fields = submitted.back().fields;
    return trace.of_job(fields["queue"], fields["seqno"]);
}

TEST(Trace, ShowsTheStagesOfAJobInOrder) {
    bench rig;
    std::uint64_t sram = rig.reserve(3200);
    buffer host(rig.device(), 4096);
    recording trace;
    job work;
    ASSERT_EQ(rig.execute(work.copy_in(host, 0, sram, 640).nop()), 0);
    std::vector<event> stages = stages_of_last_job(trace);
    ASSERT_EQ(names(stages),
              (std::vector<std::string>{"groq_job_submit", "groq_job_emit",
                                        "groq_command_done", "groq_command_done",
                                        "groq_job_finish"}));
    EXPECT_EQ(stages[0].fields["commands"], "2");
    EXPECT_EQ(stages[0].fields["pid"], std::to_string(getpid()));
    EXPECT_EQ(stages[0].fields["context"], std::to_string(rig.context()));
    EXPECT_EQ(stages[2].fields["type"], "COPY_IN");
    EXPECT_EQ(stages[2].fields["status"], "OK");
    EXPECT_EQ(stages[2].fields["result"], "640");
    EXPECT_EQ(stages[2].fields["device_time"],
              std::to_string(rig.result(0).device_time_ns));
    EXPECT_EQ(stages[3].fields["command"], "1");
    EXPECT_EQ(stages[4].fields["error"], "0");
    EXPECT_FALSE(trace.called("groq_irq_queue").empty());
}

TEST(Trace, ShowsThatAJobWaits) {
    bench rig;
    const card &device = rig.device();
    endless busy(device, rig.context());
    std::uint32_t done = device.create_sync();
    recording trace;
    job waiting;
    ASSERT_EQ(waiting.nop().after(busy.sync()).then(done).push(device, rig.queue()), 0);
    EXPECT_EQ(names(stages_of_last_job(trace)),
              (std::vector<std::string>{"groq_job_submit"}));
    parameter_set_to timeout("timeout_ms", "200");
    EXPECT_EQ(busy.error(), ETIME);
    EXPECT_EQ(device.wait(done), 0);
    EXPECT_EQ(names(stages_of_last_job(trace)),
              (std::vector<std::string>{"groq_job_submit", "groq_job_emit",
                                        "groq_command_done", "groq_job_finish"}));
}

TEST(Trace, ShowsThatAJobEndsEarly) {
    bench rig;
    const card &device = rig.device();
    parameter_set_to timeout("timeout_ms", "3600000"); // a long program is no hung one
    endless busy(device, rig.context());
    std::uint32_t done = device.create_sync();
    recording trace;
    job waiting;
    waiting.nop().after(busy.sync()).then(done).submit.tag = 77;
    ASSERT_EQ(waiting.push(device, rig.queue()), 0);
    drm_groq_cancel named{.tag = 77, .flags = 0, .count = 0};
    ASSERT_EQ(device.call(DRM_IOCTL_GROQ_CANCEL, named), 0);
    EXPECT_EQ(device.wait(done), 0);
    std::vector<event> stages = stages_of_last_job(trace);
    ASSERT_EQ(names(stages), // the second command is the NOP that takes its turn
              (std::vector<std::string>{"groq_job_submit", "groq_job_cancel",
                                        "groq_command_done", "groq_job_emit",
                                        "groq_command_done", "groq_job_finish"}));
    EXPECT_EQ(stages[0].fields["tag"], "77");
    EXPECT_EQ(stages[2].fields["status"], "CANCELED");
    EXPECT_EQ(stages[4].fields["status"], "OK");
    EXPECT_EQ(stages[5].fields["error"], std::to_string(-ECANCELED));
    EXPECT_EQ(stages[5].fields["tag"], "77");
}

TEST(Trace, NamesWhatWentWrongAndWhatIsDone) {
    card device;
    endless work(device, device.create_context());
    recording trace;
    parameter_set_to timeout("timeout_ms", "200");
    EXPECT_EQ(work.error(), ETIME);
    std::vector<event> timeouts = trace.called("groq_queue_timeout");
    std::vector<event> resets = trace.called("groq_reset");
    std::vector<event> done = trace.called("groq_command_done");
    ASSERT_EQ(timeouts.size(), 1u);
    ASSERT_EQ(resets.size(), 1u);
    ASSERT_EQ(done.size(), 2u);
    EXPECT_EQ(resets[0].fields["step"], "queue");
    EXPECT_EQ(resets[0].fields["queue"], timeouts[0].fields["queue"]);
    EXPECT_EQ(done[0].fields["status"], "TIMEOUT");
    EXPECT_EQ(done[0].fields["type"], "RUN");
    EXPECT_EQ(done[1].fields["status"], "CANCELED");
    EXPECT_EQ(trace.called("groq_job_finish").back().fields["error"],
              std::to_string(-ETIME));
}

TEST(Trace, ShowsWhoTakesAndGivesBackWhat) {
    recording trace;
    {
        bench rig;
        rig.reserve(6400);
    }
    auto mapped = trace.called("groq_memory_map");
    auto unmapped = trace.called("groq_memory_unmap");
    ASSERT_EQ(mapped.size(), 1u);
    ASSERT_EQ(unmapped.size(), 1u);
    EXPECT_EQ(mapped[0].fields, unmapped[0].fields);
    auto reserved = trace.called("groq_sram_reserve");
    auto released = trace.called("groq_sram_release");
    ASSERT_EQ(reserved.size(), 1u);
    ASSERT_EQ(released.size(), 1u);
    EXPECT_EQ(reserved[0].fields["size"], "6400");
    EXPECT_EQ(reserved[0].fields, released[0].fields);
    for (const char *what : {"groq_context_create", "groq_queue_create",
                             "groq_queue_destroy", "groq_context_destroy"}) {
        auto seen = trace.called(what);
        ASSERT_EQ(seen.size(), 1u) << what;
        EXPECT_EQ(seen[0].fields["pid"], std::to_string(getpid())) << what;
        EXPECT_EQ(seen[0].fields["card"], address_of()) << what;
    }
}

} // namespace
} // namespace groq::test
