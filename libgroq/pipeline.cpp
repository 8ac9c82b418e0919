// SPDX-License-Identifier: MIT
#include "pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <cinttypes>

#include "tensor.hpp"

using groq::errc;
using groq::result;

namespace {

constexpr std::uint32_t depth_default = 3;
constexpr std::uint32_t depth_max = 64;

std::size_t count_of(const groq::program_contents &contents, std::uint32_t direction) {
    return std::size_t(std::count_if(
        contents.tensors.begin(), contents.tensors.end(),
        [&](const auto &tensor) { return tensor.direction == direction; }));
}

bool has_aliases(const groq::program_contents &contents) {
    std::vector<bool> is_input(contents.sram_bytes / groq::vector_bytes);
    const auto any_word = [&](std::uint32_t direction, auto visit) {
        for (const auto &tensor : contents.tensors)
            for (const auto &part : tensor.parts)
                for (std::uint64_t row = 0; row < tensor.rows; ++row)
                    if (tensor.direction == direction &&
                        visit((part.sram + row * part.stride) / groq::vector_bytes))
                        return true;
        return false;
    };
    any_word(GROQ_TENSOR_INPUT, [&](auto word) {
        is_input[word] = true;
        return false;
    });
    return any_word(GROQ_TENSOR_OUTPUT, [&](auto word) { return is_input[word]; });
}

} // namespace

result<std::shared_ptr<groq_pipeline>>
groq_pipeline::create(std::shared_ptr<groq_image> image,
                      const groq_pipeline_options &options) {
    const auto depth = options.depth ? options.depth : depth_default;
    if (depth < 2 || depth > depth_max)
        return groq::fail(errc::invalid, "a pipeline of depth %u; 2 to %u are possible",
                          depth, depth_max);
    auto made = std::make_shared<groq_pipeline>(std::move(image));
    if (const auto entered = made->image_->enter(made.get()); !entered)
        return entered.error();
    made->has_entered_ = true;
    if (const auto done = made->make_queues(options); !done)
        return done.error();
    made->slots_.resize(depth);
    for (auto &slot : made->slots_)
        if (const auto done = made->make_slot(slot); !done)
            return done.error();
    return made;
}

groq_pipeline::groq_pipeline(std::shared_ptr<groq_image> image)
    : image_(std::move(image)),
      has_aliases_(has_aliases(image_->program().contents())) {}

// Runs end first: what waits for one then finds nothing that is still being written.
groq_pipeline::~groq_pipeline() {
    for (const auto which : {queue_run, queue_in, queue_out})
        queues_[which].reset();
    const auto is_idle = [](const auto &slot) {
        return std::all_of(slot.stages.begin(), slot.stages.end(),
                           [](const auto &each) { return each.ticket == 0; });
    };
    if (has_entered_)
        image_->leave(went_well_ && std::all_of(slots_.begin(), slots_.end(), is_idle));
}

result<void> groq_pipeline::make_queues(const groq_pipeline_options &options) {
    for (auto &queue : queues_) {
        auto made =
            groq_queue::create(image_->device(), options.priority, options.path);
        if (!made)
            return made.error();
        queue = std::move(*made);
    }
    return {};
}

result<void> groq_pipeline::make_slot(run_slot &slot) {
    std::uint64_t bytes = 0;
    for (const auto &tensor : image_->program().contents().tensors)
        bytes += tensor.packed_bytes();
    if (bytes > 0) {
        auto buffer = groq_buffer::create(image_->device(), bytes);
        if (!buffer)
            return buffer.error();
        slot.tensors = std::move(*buffer);
    }
    add_copies(slot, queue_in, GROQ_TENSOR_INPUT);
    add_runs(slot);
    add_copies(slot, queue_out, GROQ_TENSOR_OUTPUT);
    return {};
}

// Calls visit(tensor, offset) with its place in the buffer.
template <class Visit>
void groq_pipeline::for_each_tensor(std::uint32_t direction, Visit visit) const {
    std::uint64_t offset = 0;
    for (const auto &tensor : image_->program().contents().tensors) {
        if (tensor.direction == direction)
            visit(tensor, offset);
        offset += tensor.packed_bytes();
    }
}

void groq_pipeline::add_copies(run_slot &slot, std::size_t queue,
                               std::uint32_t direction) {
    stage made{.queue = queue, .job = std::make_shared<groq_job>(image_->device())};
    for_each_tensor(direction, [&](const auto &tensor, std::uint64_t offset) {
        made.job->append_tensor(tensor, slot.tensors, offset);
    });
    if (made.job->command_count() == 0)
        made.job->append_nothing();
    slot.stages.push_back(std::move(made));
}

void groq_pipeline::add_runs(run_slot &slot) {
    for (const auto &entry : image_->program().contents().entries) {
        const bool is_whole = entry.kind == GROQ_ENTRY_MONOLITHIC;
        stage made{.queue = queue_run,
                   .job = std::make_shared<groq_job>(image_->device()),
                   .reads_inputs = is_whole || entry.kind == GROQ_ENTRY_INPUT,
                   .writes_outputs = is_whole || entry.kind == GROQ_ENTRY_OUTPUT};
        made.job->append_launch(entry, 0);
        slot.stages.push_back(std::move(made));
    }
}

result<void> groq_pipeline::check_count(std::size_t count,
                                        std::uint32_t direction) const {
    const auto wanted = count_of(image_->program().contents(), direction);
    if (count == wanted)
        return {};
    return groq::fail(errc::invalid, "%zu tensors; %s has %zu %s", count,
                      image_->program().name().c_str(), wanted,
                      direction == GROQ_TENSOR_INPUT ? "inputs" : "outputs");
}

result<std::uint64_t> groq_pipeline::push(std::span<const void *const> inputs,
                                          std::int64_t deadline) {
    if (const auto right = check_count(inputs.size(), GROQ_TENSOR_INPUT); !right)
        return right.error();
    if (const auto done = wait_for_room(deadline); !done)
        return done.error();
    auto &slot = slots_[pushed_count_ % slots_.size()];
    // What is left of a run that could not be submitted as a whole.
    if (const auto done = collect(slot, deadline); !done)
        return done.error();
    auto input = inputs.begin();
    for_each_tensor(GROQ_TENSOR_INPUT, [&](const auto &tensor, std::uint64_t offset) {
        groq::pack(tensor, {static_cast<const std::byte *>(*input++), tensor.bytes()},
                   slot.tensors->bytes().subspan(offset, tensor.packed_bytes()));
    });
    if (const auto done = submit(slot); !done)
        return done.error();
    const std::lock_guard lock(lock_);
    return pushed_count_++;
}

result<void> groq_pipeline::wait_for_room(std::int64_t deadline) {
    const std::chrono::steady_clock::time_point time{
        std::chrono::nanoseconds(deadline)};
    std::unique_lock lock(lock_);
    const auto has_room = [&] { return pushed_count_ - popped_count_ < slots_.size(); };
    if (!has_room() && deadline <= groq_deadline_after(0))
        return groq::fail(errc::full, "%zu runs are on their way: take one first",
                          slots_.size());
    if (!popped_.wait_until(lock, time, has_room))
        return groq::error(errc::timeout, {});
    return {};
}

// Each stage waits for its turn in its queue, and for the one before it in this run if
// that is in another.
result<void> groq_pipeline::submit(run_slot &slot) {
    const stage *before = nullptr;
    for (auto &each : slot.stages) {
        std::optional<groq::port_point> end;
        if (before && before->queue != each.queue)
            end = queues_[before->queue]->end_of(before->ticket);
        if (const auto done = submit(each, end); !done)
            return done;
        before = &each;
    }
    return {};
}

result<void> groq_pipeline::submit(stage &each,
                                   std::optional<groq::port_point> before) {
    std::array<groq::port_point, 2> after;
    std::size_t count = 0;
    const auto wait_for = [&](const std::optional<groq::port_point> &point) {
        if (point)
            after[count++] = *point;
    };
    wait_for(before);
    if (each.queue == queue_in)
        wait_for(has_aliases_ ? outputs_taken_ : inputs_read_);
    if (each.writes_outputs)
        wait_for(outputs_taken_);
    auto &queue = *queues_[each.queue];
    const bool is_waited_for =
        each.queue != queue_run || each.reads_inputs || each.writes_outputs;
    const auto ticket =
        queue.submit(each.job, {std::span(after).first(count), is_waited_for});
    if (!ticket)
        return ticket.error();
    {
        const std::lock_guard lock(lock_);
        each.ticket = *ticket;
    }
    if (each.reads_inputs)
        inputs_read_ = queue.end_of(*ticket);
    if (each.queue == queue_out)
        outputs_taken_ = queue.end_of(*ticket);
    return {};
}

// The last stage ends last: whoever has waited for it has waited for all. That another
// queue's stage has ended may be told a little later, but it is on its way. A stage
// that was refused waited for none.
result<void> groq_pipeline::collect(run_slot &slot, std::int64_t deadline) {
    for (auto each = slot.stages.rbegin(); each != slot.stages.rend(); ++each) {
        if (each->ticket == 0)
            continue;
        const auto end = queues_[each->queue]->wait(each->ticket, deadline);
        if (!end)
            return end.error();
        if (!end->refusal)
            deadline = GROQ_FOREVER;
        if (end->error != GROQ_OK)
            went_well_ = false;
        each->end = *end;
        const std::lock_guard lock(lock_);
        each->ticket = 0;
    }
    return {};
}

result<groq_result> groq_pipeline::pop(std::span<void *const> outputs,
                                       std::int64_t deadline) {
    if (const auto right = check_count(outputs.size(), GROQ_TENSOR_OUTPUT); !right)
        return right.error();
    {
        const std::lock_guard lock(lock_);
        if (pushed_count_ == popped_count_)
            return groq::fail(errc::not_found, "no run is on its way");
    }
    auto &slot = slots_[popped_count_ % slots_.size()];
    if (const auto done = collect(slot, deadline); !done)
        return done.error();
    if (is_polled_) // as long as no other has ended
        (void)queues_[queue_out]->reap({});
    const auto end = outcome(slot);
    auto output = outputs.begin();
    if (end.error == GROQ_OK)
        for_each_tensor(GROQ_TENSOR_OUTPUT, [&](const auto &tensor, auto offset) {
            groq::unpack(tensor,
                         slot.tensors->bytes().subspan(offset, tensor.packed_bytes()),
                         {static_cast<std::byte *>(*output++), tensor.bytes()});
        });
    const std::lock_guard lock(lock_);
    ++popped_count_;
    popped_.notify_one();
    return end;
}

// As of one job with the steps of all stages; the first failure counts.
groq_result groq_pipeline::outcome(const run_slot &slot) const {
    const auto &contents = image_->program().contents();
    const auto inputs = std::uint32_t(count_of(contents, GROQ_TENSOR_INPUT));
    groq_result sum{};
    sum.size = sizeof sum;
    sum.ticket = popped_count_;
    sum.device_time_ns = slot.stages.back().end.device_time_ns;
    bool knows_cycles = true;
    std::uint32_t step = 0;
    for (const auto &each : slot.stages) {
        const auto &end = each.end;
        sum.cycles += end.cycles;
        sum.bytes += end.bytes;
        sum.expected_cycles += end.expected_cycles;
        knows_cycles &= each.queue != queue_run || end.expected_cycles != 0;
        if (sum.error == GROQ_OK && end.error != GROQ_OK) {
            sum.error = end.error;
            sum.step = step + end.step;
            sum.fault = end.fault;
        }
        step += each.queue == queue_in ? inputs : 1;
    }
    if (!knows_cycles)
        sum.expected_cycles = 0;
    return sum;
}

// Its copies are made in any case: those of other runs come behind them, and so neither
// into inputs that are still to be read nor from outputs that are still to be taken.
result<void> groq_pipeline::cancel(std::uint64_t number) {
    const std::lock_guard lock(lock_);
    if (number < popped_count_ || number >= pushed_count_)
        return groq::fail(errc::not_found, "no run %" PRIu64 " is on its way", number);
    const auto &stages = slots_[number % slots_.size()].stages;
    // Backwards: none of them is to begin meanwhile.
    for (auto each = stages.rbegin(); each != stages.rend(); ++each) {
        if (each->queue != queue_run || each->ticket == 0)
            continue;
        const auto done = queues_[queue_run]->cancel(each->ticket);
        if (!done && !(done.error() == errc::not_found)) // it is being taken
            return done;
    }
    return {};
}

result<int> groq_pipeline::event_file() {
    is_polled_ = true;
    return queues_[queue_out]->event_file();
}
