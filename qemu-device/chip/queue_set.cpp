// SPDX-License-Identifier: MIT
#include "queue_set.hpp"

#include <bit>

namespace groq::chip {

// Holds the lock, and remembers what the host must be told once it is dropped.
class queue_set::section {
public:
    explicit section(queue_set &set) : set_(set), guard_(set.lock_) {}
    section(const section &) = delete;
    section &operator=(const section &) = delete;

    ~section() {
        guard_.unlock();
        if (has_vector_)
            set_.host_.interrupt(vector_);
        if (has_error_)
            set_.interrupts_.raise(GROQ_INTR_QUEUE_ERROR);
        for (unsigned int engine = 0; engine < GROQ_ENGINES; ++engine)
            if (wakes_[engine])
                set_.host_.wake(engine);
    }

    void interrupt(uint32_t vector) {
        has_vector_ = true;
        vector_ = vector;
    }

    void raise_error() { has_error_ = true; }

    void wake(groq_engine engine) {
        wakes_[engine] = wakes_[engine] || set_.sleeping_[engine];
        set_.sleeping_[engine] = false;
    }

    // Even an engine that is at work: it may be held.
    void call_off(groq_engine engine) {
        set_.interrupted_[engine].store(true, std::memory_order_relaxed);
        wakes_[engine] = true;
    }

private:
    queue_set &set_;
    std::unique_lock<std::mutex> guard_;
    std::array<bool, GROQ_ENGINES> wakes_{};
    bool has_vector_ = false;
    bool has_error_ = false;
    uint32_t vector_ = 0;
};

void job::serialize(archive &a) {
    a.below(queue, GROQ_QUEUES);
    a.below(index, 1u << GROQ_QUEUE_SIZE_MAX);
    a.values(command, broken, windows);
}

static void set_bit(uint32_t &mask, uint32_t bit, bool value) {
    mask = (mask & ~(1u << bit)) | uint32_t{value} << bit;
}

uint64_t queue_set::read_pair(uint32_t queue, uint32_t offset) const {
    std::lock_guard guard(lock_);
    const command_queue &q = queues_[queue];
    return q.read(offset) | uint64_t{q.read(offset + 4)} << 32;
}

void queue_set::write(uint32_t queue, uint32_t offset, uint32_t value) {
    section s(*this);
    queues_[queue].write(offset, value);
    refresh(s, queue);
}

// No command begins between the words: a window is the old one or the new one.
void queue_set::write_pair(uint32_t queue, uint32_t offset, uint64_t value) {
    section s(*this);
    queues_[queue].write(offset, static_cast<uint32_t>(value));
    queues_[queue].write(offset + 4, static_cast<uint32_t>(value >> 32));
    refresh(s, queue);
}

void queue_set::ring(uint32_t queue, uint32_t offset, uint32_t value) {
    section s(*this);
    command_queue &q = queues_[queue];
    if (offset == GROQ_DOORBELL_SQ_TAIL)
        q.ring_sq_tail(value);
    else if (offset == GROQ_DOORBELL_CQ_HEAD && q.ring_cq_head(value))
        s.interrupt(q.vector());
    refresh(s, queue);
}

uint32_t queue_set::errors() const {
    std::lock_guard guard(lock_);
    return errors_;
}

// After any change of a queue: who has work now, who must let go.
void queue_set::refresh(section &s, uint32_t queue) {
    const command_queue &q = queues_[queue];
    if (q.error() && !(errors_ >> queue & 1))
        s.raise_error();
    set_bit(errors_, queue, q.error() != GROQ_QUEUE_ERROR_NONE);
    if (q.holder() && (!q.is_enabled() || q.is_abort_asked()))
        s.call_off(*q.holder());
    update_arbiter(s, queue);
}

void queue_set::update_arbiter(section &s, uint32_t queue) {
    const command_queue &q = queues_[queue];
    for (uint32_t p = 0; p < priority_.size(); ++p)
        set_bit(priority_[p], queue, p == q.priority());
    set_bit(unfetched_, queue, !q.is_fetched());
    bool is_ready = q.is_ready();
    for (groq_engine e : {GROQ_ENGINE_COPY, GROQ_ENGINE_PROGRAM})
        set_bit(ready_[e], queue, is_ready && q.engine() == e);
    if (is_ready)
        s.wake(q.engine());
}

std::optional<uint32_t> queue_set::pick(groq_engine engine, uint32_t candidates) {
    for (size_t p = priority_.size(); p-- > 0;) {
        uint32_t mask = candidates & priority_[p];
        if (mask == 0)
            continue;
        int first = static_cast<int>(last_picked_[engine] + 1);
        last_picked_[engine] = (first + std::countr_zero(std::rotr(mask, first))) % 32;
        return last_picked_[engine];
    }
    return std::nullopt;
}

std::optional<job> queue_set::take(groq_engine engine) {
    for (;;) {
        fetch(engine);
        section s(*this);
        if (std::optional<uint32_t> queue = pick(engine, ready_[engine] & ~unfetched_))
            return begin(s, engine, *queue);
        sleeping_[engine] = ready_[engine] == 0;
        if (sleeping_[engine])
            return std::nullopt;
    }
}

void queue_set::sleep(groq_engine engine) {
    for (;;) {
        fetch(engine);
        section s(*this);
        sleeping_[engine] = (ready_[engine] & unfetched_) == 0;
        if (sleeping_[engine])
            return;
    }
}

job queue_set::begin(section &s, groq_engine engine, uint32_t queue) {
    command_queue &q = queues_[queue];
    job j{};
    j.queue = queue;
    j.command = q.take(j.index);
    j.broken = q.is_broken();
    j.windows = q.windows();
    q.hold(engine);
    interrupted_[engine].store(false, std::memory_order_relaxed);
    update_arbiter(s, queue);
    return j;
}

void queue_set::fetch(groq_engine engine) {
    std::array<groq_command, command_queue::fetch_max> commands;
    command_queue::fetch what{};
    while (std::optional<uint32_t> queue = hold_unfetched(engine, what)) {
        bool ok = host_.read(what.address, commands.data(),
                             what.count * sizeof(groq_command));
        store_fetched(*queue, commands.data(), ok ? what.count : 0);
    }
}

// The hold keeps the driver from enabling the queue anew while it is read.
std::optional<uint32_t> queue_set::hold_unfetched(groq_engine engine,
                                                  command_queue::fetch &what) {
    section s(*this);
    uint32_t candidates = ready_[engine] & unfetched_;
    if (candidates == 0)
        return std::nullopt;
    uint32_t queue = std::countr_zero(candidates);
    queues_[queue].hold(engine);
    what = queues_[queue].next_fetch();
    update_arbiter(s, queue);
    return queue;
}

void queue_set::store_fetched(uint32_t queue, const groq_command *commands,
                              uint32_t count) {
    section s(*this);
    command_queue &q = queues_[queue];
    if (q.is_enabled() && count == 0)
        q.fail(GROQ_QUEUE_ERROR_FETCH);
    else if (q.is_enabled())
        q.store_fetched(commands, count);
    release(s, queue);
}

void queue_set::release(section &s, uint32_t queue) {
    queues_[queue].release();
    refresh(s, queue);
}

order queue_set::orders(groq_engine engine, const job &job) {
    if (!interrupted_[engine].load(std::memory_order_relaxed))
        return order::go_on;
    std::lock_guard guard(lock_);
    const command_queue &q = queues_[job.queue];
    if (!q.is_enabled())
        return order::drop;
    if (q.is_abort_asked())
        return order::abort;
    interrupted_[engine].store(false, std::memory_order_relaxed);
    return order::go_on;
}

void queue_set::finish(const job &job, uint64_t result, groq_fault fault) {
    command_queue::posting to;
    {
        section s(*this);
        if (!queues_[job.queue].is_enabled())
            return release(s, job.queue);
        to = queues_[job.queue].post(job.index);
    }
    bool written = write_completion(job, to, result, fault);
    section s(*this);
    command_queue &q = queues_[job.queue];
    if (q.is_enabled() && !written)
        q.fail(GROQ_QUEUE_ERROR_POST);
    else if (q.is_enabled() && q.posted(job.command, fault.cause == GROQ_FAULT_NONE))
        s.interrupt(q.vector());
    release(s, job.queue);
}

bool queue_set::write_completion(const job &job, const command_queue::posting &to,
                                 uint64_t result, groq_fault &fault) const {
    fault.cookie = job.command.cookie;
    bool has_record = fault.cause != GROQ_FAULT_NONE && to.fault;
    if (has_record && !host_.write(to.fault, &fault, sizeof(fault)))
        return false;
    groq_completion completion{};
    completion.cookie = job.command.cookie;
    completion.result = result;
    completion.time = uptime_.ns();
    completion.status = completion_status(fault.cause);
    completion.sq_head = to.sq_head;
    completion.queue = static_cast<uint16_t>(job.queue);
    completion.flags = to.phase;
    spoil(completion);
    return host_.write(to.completion, &completion, sizeof(completion));
}

void queue_set::spoil(groq_completion &c) const {
    uint32_t bad = failures_.take_bad_completion();
    if (bad & GROQ_BAD_COOKIE)
        c.cookie = ~c.cookie;
    if (bad & GROQ_BAD_QUEUE)
        c.queue = static_cast<uint16_t>(~c.queue);
    if (bad & GROQ_BAD_SQ_HEAD)
        c.sq_head = static_cast<uint16_t>(~c.sq_head);
    if (bad & GROQ_BAD_STATUS)
        c.status = static_cast<uint16_t>(~c.status);
}

void queue_set::drop(const job &job) {
    section s(*this);
    release(s, job.queue);
}

void queue_set::reset() {
    section s(*this);
    for (uint32_t queue = 0; queue < GROQ_QUEUES; ++queue) {
        queues_[queue].reset();
        refresh(s, queue);
    }
}

void queue_set::wake_all() {
    section s(*this);
    for (groq_engine e : {GROQ_ENGINE_COPY, GROQ_ENGINE_PROGRAM}) {
        sleeping_[e] = true;
        s.wake(e);
    }
}

void queue_set::call_off_all() {
    section s(*this);
    for (groq_engine e : {GROQ_ENGINE_COPY, GROQ_ENGINE_PROGRAM}) {
        sleeping_[e] = true;
        s.wake(e);
        s.call_off(e);
    }
}

bool queue_set::resume(groq_engine engine, const job &job) {
    section s(*this);
    if (queues_[job.queue].holder())
        return false;
    queues_[job.queue].hold(engine);
    refresh(s, job.queue);
    return true;
}

void queue_set::serialize(archive &a) {
    section s(*this);
    for (uint32_t queue = 0; queue < GROQ_QUEUES; ++queue)
        queues_[queue].serialize(a);
    for (uint32_t &picked : last_picked_)
        a.below(picked, GROQ_QUEUES);
    if (!a.is_loading())
        return;
    errors_ = 0;
    for (uint32_t queue = 0; queue < GROQ_QUEUES; ++queue) {
        set_bit(errors_, queue, queues_[queue].error() != GROQ_QUEUE_ERROR_NONE);
        refresh(s, queue);
    }
}

} // namespace groq::chip
