/* SPDX-License-Identifier: MIT */
/*
 * C interface of the chip model (qemu-device/chip). The model knows registers,
 * queues, SRAM and programs; what surrounds it (PCI, host memory, interrupts,
 * threads, time) reaches it only through this header. QEMU's glue and
 * libgroq's simulator both stand on it.
 *
 * Trust: whatever is written to registers or host memory, no call crashes,
 * blocks without bound, or touches memory outside the SRAM and what the dma
 * callbacks are asked for.
 *
 * Threads: groq_chip_read, groq_chip_write and
 * groq_chip_reset may be called from any thread at any time. Each engine's
 * groq_chip_work is called by one thread at a time; the engines run
 * concurrently with each other and with register accesses. groq_chip_advance
 * is groq_chip_work of the program engine in this respect. Callbacks are made
 * from whichever thread is inside the chip, never with an internal lock held;
 * groq_host.wake and those of groq_observer must not call back into the chip.
 */
#ifndef GROQ_CHIP_H
#define GROQ_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct groq_chip;
struct groq_fault; /* hw/groq_queue.h */

/* What the chip asks of the world around it. All members are required. */
struct groq_host {
	/*
	 * Host memory by bus address. Returns false when any byte could not be
	 * reached; @data is then undefined (read) or partly written (write).
	 */
	bool (*dma_read)(void *opaque, uint64_t address, void *data, size_t bytes);
	bool (*dma_write)(void *opaque, uint64_t address, const void *data,
			  size_t bytes);
	/* Send MSI-X @vector, 0..GROQ_VECTORS-1. Edge; never retracted. */
	void (*interrupt)(void *opaque, unsigned int vector);
	/* @engine has work: call groq_chip_work for it soon. May come spuriously. */
	void (*wake)(void *opaque, unsigned int engine);
	/* Nanoseconds, monotonic; virtual time where runs must repeat. */
	uint64_t (*now_ns)(void *opaque);
	/*
	 * To whoever is at the other end of the cable on @link: groq_chip_deliver
	 * there, of every message, whole, in this order. @message lives for the
	 * call. Called from groq_chip_work and groq_chip_advance of the program
	 * engine alone. Must not wait for the other chip.
	 */
	void (*transmit)(void *opaque, unsigned int link, const void *message,
			 size_t bytes);
	/* One line for the developer: a guest's mistake. @message lives for the call. */
	void (*log)(void *opaque, const char *message);
};

struct groq_chip_config {
	size_t size;		/* sizeof(struct groq_chip_config) */
	uint64_t sram_bytes;	/* 2,621,440 per slice; up to GROQ_SRAM_BYTES */
	void *sram;		/* zeroed memory of sram_bytes, owned by the caller */
	uint64_t serial;
	uint32_t links;		/* brought out to connectors, 0..16 */
	int32_t clock_ppb;	/* how much faster than others it ticks, 1/10^9; +-200,000 */
};

/*
 * Engines: the parts of the chip that work by themselves, side by side. A
 * queue's commands are executed in order; commands of different queues that
 * need different engines overlap.
 */
enum groq_engine {
	GROQ_ENGINE_COPY,	/* NOP, copies, fills */
	GROQ_ENGINE_PROGRAM,	/* RUN */
	GROQ_ENGINES,
};

/* NULL when @config is out of range (a line goes to @host->log) or no memory. */
struct groq_chip *groq_chip_create(const struct groq_chip_config *config,
				   const struct groq_host *host, void *opaque);
/* No call into the chip may be under way. */
void groq_chip_destroy(struct groq_chip *chip);

/*
 * BAR0 access of 1, 2, 4 or 8 bytes at any alignment. Reads of unused offsets
 * give 0, writes there are ignored; docs/hardware.md 3.1 defines partial ones.
 */
uint64_t groq_chip_read(struct groq_chip *chip, uint64_t offset, unsigned int bytes);
void groq_chip_write(struct groq_chip *chip, uint64_t offset, uint64_t value,
		     unsigned int bytes);

/*
 * Let @engine work: at most about @budget units (copy: bytes; program: cycles,
 * at least one event). True when work is left, so that it must be called again;
 * false when it sleeps until the next wake.
 */
bool groq_chip_work(struct groq_chip *chip, enum groq_engine engine,
		    uint64_t budget);

/* How far a chip has come with its program. */
enum groq_progress_state {
	GROQ_PROGRESS_IDLE,	/* no program: nothing to do until the next wake */
	GROQ_PROGRESS_HELD,	/* its program goes on when it is advanced further */
	GROQ_PROGRESS_ENDED,	/* it ended in this call, or its command was refused */
};

struct groq_progress {
	enum groq_progress_state state;
	/*
	 * All cycles of the program before this one are executed. ENDED: how many
	 * it took, until its fault if it had one.
	 */
	uint64_t position;
	/* Nothing happens by itself before this cycle. UINT64_MAX unless HELD. */
	uint64_t next_event;
};

/*
 * Instead of groq_chip_work for the program engine, to stop where one wants: takes
 * up a program if there is none under way, and executes its cycles before @until,
 * not one more. What a program does, and in which cycle, never depends on where it
 * was held; @until may lie behind the position, which never goes back. A program
 * does not begin in the call in which another ends.
 *
 * A program that has links open goes no further than what the chips at their
 * other ends have promised: it is then HELD before @until, and wake comes when
 * it can go on. wake comes for a HELD chip too when its program shall be
 * aborted, dropped or reset: advance it then, to where it is if to nowhere else.
 */
struct groq_progress groq_chip_advance(struct groq_chip *chip, uint64_t until);

/*
 * Cables. Chips that are wired keep each other's time: with what they send goes
 * a promise of how long nothing else will come, and a chip executes a cycle only
 * when all promises reach beyond it. Each runs on a thread of its own, in this
 * process or another one, and what programs do does not depend on it.
 */
struct groq_cable {
	size_t size;		/* sizeof(struct groq_cable) */
	uint64_t seed;		/* of the spread, in each direction */
	uint32_t latency;	/* cycles, the mean; 64..65,535 */
	uint32_t spread;	/* its standard deviation, 1/1000 cycles; up to latency * 100 */
	uint32_t lanes;		/* that work, 1..4 */
	/* Of the vectors sent since the cable was plugged, from 1; 0: none. */
	uint32_t corrected_every;	/* each so many has an error that FEC corrects */
	uint32_t uncorrected_at;	/* this one has one that it does not */
	uint32_t bit_errors;	/* of 10^12 bits, in the PRBS test */
};

#define GROQ_CABLE_DEFAULT { sizeof(struct groq_cable), 1, 217, 4100, 4, 0, 0, 0 }
#define GROQ_LINK_MESSAGE_BYTES 512	/* no message is longer */

/*
 * A cable comes to @link: what the chip sends goes by it. False when @cable is out
 * of range, there is no such link or it has a cable. From any thread, like the next
 * two. Cables are not part of the saved state: whoever loads it plugs the same
 * ones before, and links that were up without one are down.
 */
bool groq_chip_plug(struct groq_chip *chip, unsigned int link,
		    const struct groq_cable *cable);
/* It is pulled: the link is down. What is just being transmitted may go on. */
void groq_chip_unplug(struct groq_chip *chip, unsigned int link);
/*
 * A message from the other end, which need not be trusted. False when it is not
 * one: the link is down then, and the cable should be pulled. It is kept for the
 * program engine, which is woken: this call transmits nothing and never blocks.
 */
bool groq_chip_deliver(struct groq_chip *chip, unsigned int link,
		       const void *message, size_t bytes);

/* A program that runs: a RUN command whose launch table was found to be good. */
struct groq_program_run {
	uint64_t number;	/* counts the programs of the chip, from 1 */
	uint64_t cookie;	/* of the command */
	uint32_t queue;		/* that the command came from */
	uint32_t launch;	/* SRAM address of the launch table */
};

/* An instruction that issues, or a repetition of it. Repeat itself never does. */
struct groq_issue {
	uint64_t cycle;		/* of the program */
	uint32_t icu;
	uint32_t repetition;	/* 0: the instruction itself */
	uint32_t text;		/* SRAM address of the instruction */
	uint8_t instruction[16];
};

/*
 * Who watches programs. All members are required. The calls come from
 * groq_chip_work, groq_chip_advance and groq_chip_load, one program after the
 * other, its cycles in their order. What they are given lives for the call.
 */
struct groq_observer {
	/* In front of cycle 0, or anywhere after groq_chip_load. */
	void (*began)(void *opaque, const struct groq_program_run *run);
	/* Before it takes effect, so that an instruction that faults is seen. */
	void (*issued)(void *opaque, const struct groq_issue *issue);
	/* @icu, parked by Sync, goes on in @cycle. */
	void (*released)(void *opaque, uint32_t icu, uint64_t cycle);
	/*
	 * @cycles: as in groq_progress.position. @fault: NULL when it ended well;
	 * ABORTED too when a reset, a load or the end of its queue swept it away.
	 */
	void (*ended)(void *opaque, uint64_t cycles, const struct groq_fault *fault);
};

/*
 * Have programs watched from here on; NULL: by nobody. @observer is copied. No
 * program may be under way. What a program does and the cycles it takes do not
 * depend on it.
 */
void groq_chip_observe(struct groq_chip *chip, const struct groq_observer *observer,
		       void *opaque);

/*
 * As by power-on (@cold) or by function-level reset: queues disabled, work
 * ended without completions, registers at reset values. SRAM keeps its
 * contents unless cold. Asks running engines to let go and returns at once:
 * GROQ_STATUS_RESETTING stays set until the engines' next groq_chip_work,
 * for which wake is called: it does nothing else and returns true, so that work
 * of the time after the reset is done by calls that began after it. No interrupt
 * or dma callback of the time before starts after the engine's acknowledgement;
 * the caller guards those under way.
 */
void groq_chip_reset(struct groq_chip *chip, bool cold);

/*
 * How deep a chip hangs: what it takes to bring it back. Commands are taken but
 * do not end; what was in the midst of its work stays there. The engines sleep.
 */
enum groq_hang {
	GROQ_HANG_NONE,		/* it does not: work that hung goes on */
	GROQ_HANG_COMMAND,	/* ABORT ends a command, and disabling its queue; a reset mends */
	GROQ_HANG_CHIP,		/* they do not: STATUS.ACTIVE stays. Any reset mends */
	GROQ_HANG_RESET,	/* nor does CONTROL.RESET end: groq_chip_reset() mends */
	GROQ_HANG_FOREVER,	/* only GROQ_HANG_NONE and a cold reset mend */
};

/* What of the next completion of any queue is wrong: each of its bits. A mask. */
enum groq_bad_completion {
	GROQ_BAD_COOKIE = 1,
	GROQ_BAD_QUEUE = 2,
	GROQ_BAD_SQ_HEAD = 4,
	GROQ_BAD_STATUS = 8,	/* a number that is none */
};

/* What can break in a chip, for tests of whoever drives it, with its value. */
enum groq_failure {
	GROQ_FAILURE_HANG,		/* enum groq_hang; from now on */
	GROQ_FAILURE_COMPLETION,	/* mask of enum groq_bad_completion; once */
	GROQ_FAILURE_FATAL,		/* 1: the chip is FATAL, and hangs until any reset; 0: it goes on */
	GROQ_FAILURE_TEMPERATURE,	/* of the chip, mC, +-GROQ_TEMPERATURE_LIMIT; INT64_MIN: as it is */
	GROQ_FAILURE_CONTROLLER,	/* 1: the firmware has crashed; 0: it was started anew */
};

#define GROQ_TEMPERATURE_LIMIT 200000

/*
 * Breaks something, or mends it. False when @value is out of range. From any
 * thread. Part of the saved state. Resets mend hangs and FATAL as said above;
 * a cold one starts the controller anew; nothing else is mended by itself. A
 * chip as hot as GROQ_TELEMETRY_CHIP_CRIT_MC goes on: to cut its power is the
 * caller's business.
 */
bool groq_chip_fail(struct groq_chip *chip, enum groq_failure failure, int64_t value);
/* What groq_chip_fail() made of it, as far as it still holds; no failure: 0. */
int64_t groq_chip_failure(struct groq_chip *chip, enum groq_failure failure);

/*
 * State without SRAM, for migration: registers, queues, and a program in the
 * middle of its run, to the cycle. No engine may be inside groq_chip_work.
 * save: returns the bytes needed; writes them when @capacity is enough.
 * load: false when @data is not a valid state (nothing has changed then).
 */
size_t groq_chip_save(struct groq_chip *chip, void *data, size_t capacity);
bool groq_chip_load(struct groq_chip *chip, const void *data, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif /* GROQ_CHIP_H */
