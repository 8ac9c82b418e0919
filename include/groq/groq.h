/* SPDX-License-Identifier: MIT */
/*
 * The runtime's C interface. C++ programs include <groq/groq.hpp>, a thin layer
 * over it.
 *
 * Rules for every function here:
 *  - Those that return int return 0 or a GROQ_ERROR_*; what went wrong and what
 *    to do about it is then in groq_last_error() of this thread. On an error
 *    nothing has changed and output parameters are untouched, unless the
 *    function says otherwise.
 *  - NULL is refused with INVALID wherever a function does not say what it means
 *    there. Functions that return no int give 0 or NULL for it.
 *  - Whatever asks something of a card may return DEVICE_LOST, MEMORY (of the host)
 *    and SYSTEM; that is not repeated below.
 *  - Handles are opaque. Each is destroyed once, in any order: all that is made of a
 *    device keeps it, an image its program, a job the buffers and images of its
 *    steps, a pipeline its image. Only a region goes at once: jobs know SRAM by its
 *    address. Work under way keeps its memory until the chip has let go of it.
 *    Destroying NULL does nothing. Destroying never fails and waits for nothing but
 *    the driver's own cleaning up.
 *  - Structures begin with their size, set by the caller to their sizeof: INVALID if
 *    it is not, which costs nothing (a result is not taken). The library writes no
 *    further than that; members it does not know stay as they are. Those of options
 *    must be 0 (TOO_OLD). New members are only ever appended.
 *  - Strings are UTF-8. Those the library returns live as long as their handle;
 *    those in structures end with a zero and may be cut to fit.
 *  - Nothing blocks except functions that take a deadline or say so, and opening,
 *    loading from files and destroying as far as the system calls behind them do.
 *  - Deadlines are absolute CLOCK_MONOTONIC times in ns. 0 (any time past) asks
 *    without waiting, GROQ_FOREVER waits without end.
 *  - Any thread may call any function on different handles. On the same handle
 *    it may too, except for jobs: one thread at a time uses a job.
 *  - The library starts no thread, installs no signal handler, prints nothing,
 *    and keeps no state between opens but in a context that the caller made. (A
 *    simulated card works by itself like any other: it has threads, from its open
 *    to its close.) Do not use handles after fork().
 *  - After the first submissions of a queue, nothing on the way of a job (submit,
 *    wait, reap, cancel, push, pop) allocates memory.
 */
#ifndef GROQ_GROQ_H
#define GROQ_GROQ_H

#include <stddef.h>
#include <stdint.h>

#include "program_format.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Revision of this header: grows with every addition; nothing is ever removed. */
#define GROQ_API_REVISION	2

/* Revision of the library that runs. A program needs at least that of its header. */
uint32_t groq_api_revision(void);
/* Its version, such as "1.0.0"; static. */
const char *groq_library_version(void);

#define GROQ_FOREVER	INT64_MAX
/* A number that the card, the driver or the caller's rights do not tell. */
#define GROQ_UNKNOWN	INT64_MIN

/* The deadline @ns from now; negative counts as 0, too far away as GROQ_FOREVER. */
int64_t groq_deadline_after(int64_t ns);

/* ------------------------------------------------------------------ Errors */

enum {
	GROQ_OK = 0,
	/* the caller */
	GROQ_ERROR_INVALID = 1,		/* NULL, argument out of range, malformed URI */
	GROQ_ERROR_SIZE = 2,		/* data is not as long as it must be */
	GROQ_ERROR_NOT_FOUND = 3,	/* no such file, entry point, tensor or ticket */
	GROQ_ERROR_IN_USE = 4,		/* the job or image is in work */
	GROQ_ERROR_PROGRAM = 5,		/* program file refused */
	/* getting at a card */
	GROQ_ERROR_NO_DEVICE = 6,	/* no such card */
	GROQ_ERROR_NO_DRIVER = 7,	/* card there, driver not */
	GROQ_ERROR_TOO_OLD = 8,		/* kernel, driver or library lacks a feature */
	GROQ_ERROR_PERMISSION = 9,
	GROQ_ERROR_HELD = 10,		/* another process or open has the card */
	GROQ_ERROR_NO_SIMULATOR = 11,	/* libgroq-sim.so not found or not of this library */
	/* resources */
	GROQ_ERROR_MEMORY = 12,		/* host memory or bus address space */
	GROQ_ERROR_SRAM = 13,		/* SRAM range taken, or more than the card has */
	GROQ_ERROR_QUEUES = 14,		/* all queues of the card are taken */
	/* of work */
	GROQ_ERROR_TIMEOUT = 15,	/* the deadline passed; the work goes on */
	GROQ_ERROR_FAULT = 16,		/* the program faulted, or the card's memory */
	GROQ_ERROR_ACCESS = 17,		/* SRAM or buffer outside what is one's own */
	GROQ_ERROR_DMA = 18,		/* host memory could not be reached */
	GROQ_ERROR_HUNG = 19,		/* the driver ended a command that took too long */
	GROQ_ERROR_CANCELED = 20,	/* ended early: groq_queue_cancel(), or its queue went */
	GROQ_ERROR_RESET = 21,		/* lost in a reset that another job caused; try again */
	GROQ_ERROR_DEVICE_LOST = 22,	/* the card has gone; sticky: open it anew */
	GROQ_ERROR_SYSTEM = 23,		/* any other refusal of the system; see os_error */
	/* of queues and back-ends */
	GROQ_ERROR_FULL = 24,		/* as many jobs are in work as may be: reap some first */
	GROQ_ERROR_UNSUPPORTED = 25,	/* this back-end cannot do that */
	GROQ_ERROR_DIVERGED = 26,	/* a replay is asked for other than was recorded */
	/* of several cards */
	GROQ_ERROR_LINK = 27,		/* a chip-to-chip link is not up, or wired otherwise */
};

struct groq_error_info {
	size_t size;
	int32_t error;		/* GROQ_ERROR_*, GROQ_OK if nothing failed yet */
	int32_t os_error;	/* the errno behind it, or 0 */
	int32_t holder;		/* GROQ_ERROR_HELD: pid of the holder if visible, else 0 */
	int32_t reserved;
	char message[1024];	/* one sentence or more, without full stop or newline */
};

/*
 * How the last failed call of this thread failed; calls that succeed leave it as it
 * is. Does nothing with NULL, or without a size.
 */
void groq_last_error(struct groq_error_info *info);
/* The name, like "device_lost"; static; "unknown" for numbers that are none. */
const char *groq_error_name(int error);
/*
 * What it means in general, without full stop or newline; static. What went wrong in
 * particular, and what to do, is in groq_error_info.
 */
const char *groq_error_text(int error);

/* ---------------------------------------------------------------- Contexts */

/*
 * How jobs get to the driver. A simulated card has IOCTL alone: the others are
 * UNSUPPORTED there, and GROQ_PATH means nothing to it.
 */
enum {
	GROQ_PATH_AUTO = 0,	/* io_uring if driver and system allow it, else ioctl */
	GROQ_PATH_IOCTL = 1,
	GROQ_PATH_URING = 2,	/* TOO_OLD, PERMISSION: the message says which setting */
	GROQ_PATH_SQPOLL = 3,	/* io_uring; a thread of the kernel polls for jobs */
};

/*
 * What devices that are opened through it have in common. There need be none:
 * groq_device_open() takes all from the environment.
 */
struct groq_context;

struct groq_context_options {
	size_t size;
	/*
	 * The file that gets a trace of host calls, driver and chip for Perfetto
	 * (docs/tracing.md). NULL: that of the environment, GROQ_TRACE; "": none.
	 * Written until the context and all that came from it are gone.
	 */
	const char *trace;
	/* GROQ_PATH_*. AUTO: that of GROQ_PATH, "ioctl", "io_uring" or "sqpoll". */
	uint32_t path;
	uint32_t reserved;	/* 0 */
};

/*
 * @options NULL: defaults. INVALID: unknown path, also in GROQ_PATH. The trace:
 * NOT_FOUND (its folder), PERMISSION, INVALID (not a file), IN_USE (by a process that
 * writes it). May block on the file system.
 */
int groq_context_create(const struct groq_context_options *options,
			struct groq_context **context);
/* Its devices keep what they need of it. */
void groq_context_destroy(struct groq_context *context);

/* ----------------------------------------------------------------- Devices */

/*
 * Devices are named by URI:
 *   accel:N              /dev/accel/accelN
 *   pci:DDDD:BB:DD.F     by PCI address
 *   serial:HEX           by serial number
 *   sim:[N][?chips=C][&sram=BYTES][&links=L][&serial=HEX][&trace=FILE][&topology=T]
 *                        simulated card N (0) of the C (1) of this process; it
 *                        lives from its first open to its last close. What its
 *                        programs do goes into FILE (docs/tracing.md), in which
 *                        %25 stands for % and %26 for &. T is a topology file or a
 *                        shape (docs/topology.md): all its cards live, with cables
 *                        between them, while one of them is open; HEX is of card 0
 *   record:FILE,URI      the card of URI; all that is asked of its driver goes into
 *                        FILE, for a bug report (docs/runtime.md)
 *   replay:FILE          the driver that FILE recorded: answers as it did then, and
 *                        ends with DIVERGED when it is asked something else
 * "?shared" (or "&shared") shares the card with others who do so too; without
 * it an open leases the whole card.
 */
struct groq_device_info {
	size_t size;
	char uri[64];		/* opens this card; of a simulated one without its options */
	char pci_address[16];	/* "0000:01:00.0"; empty: not on PCI */
	char board[32];		/* "GC1-010B", or the subsystem id "1de0:c005" */
	char node[64];		/* "/dev/accel/accel0"; empty: no driver */
	char driver[32];	/* version of the driver; empty: unknown */
	char firmware[32];	/* of the management controller; empty: unknown */
	char reason[256];	/* why less than everything is known, and what to do; else empty */
	/* the rest is GROQ_UNKNOWN where it is unknown */
	int64_t serial;		/* 64 bits, to be read as unsigned */
	int64_t sram_bytes;
	int64_t queues;
	int64_t links;		/* chip-to-chip links brought out */
	int64_t clock_hz;	/* nominal */
	int64_t link_mts;	/* PCIe now, megatransfers per second and lane: Gen4 16000 */
	int64_t link_mts_max;
	int64_t link_width;	/* lanes */
	int64_t link_width_max;
	int64_t timeout_ms;	/* a command that takes longer is ended */
	int64_t paths;		/* bit 1 << GROQ_PATH_*: those that can be had here */
};

struct groq_device_list;

/*
 * The cards of this machine, by PCI address; a snapshot. Works without driver,
 * without rights, and without a card: the list is empty then. Blocks on sysfs.
 */
int groq_device_list_create(struct groq_device_list **list);
size_t groq_device_list_count(const struct groq_device_list *list);
/* INVALID: no such @index. */
int groq_device_list_get(const struct groq_device_list *list, size_t index,
			 struct groq_device_info *info);
void groq_device_list_destroy(struct groq_device_list *list);

struct groq_device;

/*
 * Open a card. HELD names the holder. NO_DEVICE, NO_DRIVER, TOO_OLD, PERMISSION
 * and NO_SIMULATOR say what to do. INVALID: malformed @uri; a file that is no
 * recording; a simulated card that is open with other options. record: and replay:
 * files: NOT_FOUND, PERMISSION. May block on the file system and, where the card
 * sleeps, until it is awake.
 */
int groq_device_open(const char *uri, struct groq_device **device);
/* The same, with the options of @context. */
int groq_context_open(struct groq_context *context, const char *uri,
		      struct groq_device **device);
/*
 * The card is free for others as soon as all that was made of the device is gone too;
 * what is left of its work is ended then, its SRAM scrubbed.
 */
void groq_device_close(struct groq_device *device);
int groq_device_get_info(const struct groq_device *device,
			 struct groq_device_info *info);

/* What may befall a card, as bits. */
enum {
	GROQ_EVENT_RESET = 1,	/* the chip was reset: jobs in it end as RESET */
	GROQ_EVENT_LOST = 2,	/* comes once; every call returns DEVICE_LOST from then on */
	GROQ_EVENT_ALARM = 4,	/* a sensor crossed its limit */
	GROQ_EVENT_LINK = 8,	/* a chip-to-chip link went up or down */
};

/*
 * A file descriptor that polls readable while groq_device_read_events() has
 * something to tell. It belongs to the device: do not read, write or close it.
 * Without io_uring the driver tells nobody: only the loss is told then, when a
 * call of this process meets it. Events are told from the first call of this or
 * the next function on. DEVICE_LOST: the loss has been told. The same descriptor
 * each time.
 */
int groq_device_event_fd(struct groq_device *device, int *fd);
/*
 * What has come since the last call: GROQ_EVENT_* in *@events, 0 for nothing. Each is
 * told once, to whoever asks first. DEVICE_LOST: the loss has been told.
 */
int groq_device_read_events(struct groq_device *device, uint32_t *events);

/* --------------------------------------------------------------- Telemetry */

enum {
	GROQ_STATE_READY = 0,
	GROQ_STATE_BUSY = 1,		/* a program runs */
	GROQ_STATE_RESETTING = 2,
	GROQ_STATE_FATAL = 3,		/* only a reset helps */
	GROQ_STATE_LOST = 4,		/* does not answer any more */
	GROQ_STATE_UNMANAGED = 5,	/* works; its management controller does not */
	GROQ_STATE_ASLEEP = 6,		/* nobody uses it */
};

/* A snapshot. Every number is GROQ_UNKNOWN where it is unknown. */
struct groq_telemetry {
	size_t size;
	int64_t state;			/* GROQ_STATE_* */
	int64_t holders;		/* processes that have leased or share it */
	int64_t holder;			/* pid of one of them, 0 if none is visible here */
	int64_t sram_used;		/* bytes reserved */
	int64_t queues_used;
	int64_t chip_mc;		/* temperatures, milli-degree Celsius */
	int64_t board_mc;
	int64_t chip_max_mc;		/* throttles from here */
	int64_t chip_crit_mc;		/* powers off from here */
	int64_t power_uw;		/* microwatt, of the card */
	int64_t power_cap_uw;
	int64_t core_mv;		/* millivolt */
	int64_t core_ma;		/* milliampere */
	int64_t clock_hz;		/* actual */
	int64_t throttle;		/* bit 0 thermal, bit 1 power */
	int64_t uptime_s;		/* of the management controller */
	int64_t busy_ns;		/* time that programs took since power-on */
	int64_t programs_done;		/* counters since power-on */
	int64_t programs_faulted;
	int64_t bytes_in;
	int64_t bytes_out;
	int64_t ecc_corrected;
	int64_t ecc_uncorrected;
	int64_t resets;			/* by the driver, since it was loaded */
	int64_t links_up;		/* one bit per chip-to-chip link */
};

/*
 * Read it without opening the card, without ownership and without rights. @uri
 * is as for groq_device_open, except "sim:": a simulated card is seen by those
 * alone who have it open (INVALID). NO_DEVICE, NO_DRIVER, TOO_OLD. Blocks on sysfs.
 */
int groq_telemetry_read(const char *uri, struct groq_telemetry *telemetry);
/* The same of an open card, simulated ones too. */
int groq_device_read_telemetry(const struct groq_device *device,
			       struct groq_telemetry *telemetry);

/* ------------------------------------------------------------------- Links */

/* What a chip-to-chip link does (docs/hardware.md section 7). */
enum {
	GROQ_LINK_STATE_ABSENT = 0,	/* not brought out on this card */
	GROQ_LINK_STATE_DOWN = 1,	/* no cable, nobody at its end, or disabled */
	GROQ_LINK_STATE_TRAINING = 2,	/* on its way up */
	GROQ_LINK_STATE_UP = 3,
	GROQ_LINK_STATE_DEGRADED = 4,	/* up, with less than its 4 lanes */
};

/* Who has opened a link, as programs do that use it. */
enum {
	GROQ_LINK_OPEN_CLOSED = 0,	/* no program of this card */
	GROQ_LINK_OPEN_HERE = 1,	/* the one that runs, which waits for the other end */
	GROQ_LINK_OPEN_BOTH = 2,	/* programs at both ends */
};

/* A snapshot. Every number is GROQ_UNKNOWN where it is unknown. */
struct groq_link {
	size_t size;
	int64_t state;		/* GROQ_LINK_STATE_* */
	int64_t peer_serial;	/* of the card at its other end, to be read as unsigned */
	int64_t peer_link;	/* which of that card's links; both unknown unless up */
	int64_t lanes;		/* that work, 0 unless up */
	int64_t rate_mbps;	/* megabits per second and direction, now; 0 unless up */
	int64_t sent;		/* vectors and notifications, since power-on, as all below */
	int64_t received;
	int64_t corrected;	/* received with errors that were corrected */
	int64_t uncorrected;	/* received with errors that were not */
	int64_t downs;		/* how often it went down */
	int64_t open;		/* GROQ_LINK_OPEN_* */
};


/*
 * The links of a card, from link 0 on, all at one time, without opening the card,
 * without ownership and without rights; @uri as for groq_telemetry_read. Of an array
 * of @capacity, all of the size that the first one says, as many as there is room for
 * are written. *@count: links of the card, be there room or not. *@generation (may be
 * NULL) grows with every change of a link's state, 0: the driver does not tell.
 * Does not wake a card that sleeps: its links are down. TOO_OLD: a driver that knows
 * no links. Blocks on sysfs.
 */
int groq_links_read(const char *uri, struct groq_link *links, size_t capacity,
		    size_t *count, uint64_t *generation);
/* The same of an open card, simulated ones too. GROQ_EVENT_LINK tells of changes. */
int groq_device_read_links(const struct groq_device *device, struct groq_link *links,
			   size_t capacity, size_t *count, uint64_t *generation);

/* How long a link is, in cycles one way: half of the way there and back. */
struct groq_alignment {
	size_t size;
	uint32_t samples;	/* that these are of */
	uint32_t period;	/* of the hardware-aligned counter (HAC), cycles */
	double latency_min;
	double latency_mean;
	double latency_max;
	double latency_deviation; /* standard deviation */
	int64_t offset;		/* cycles that the peer's HAC was ahead of the own */
};

/*
 * Measure @link of an open card by @samples (1..1,048,575) exchanges of counters with
 * its peer. With @adjust not 0, then set the own HAC to the peer's: a child of a
 * spanning tree to its parent, parents first. @alignment may be NULL. Blocks until
 * that is done: as long as the samples take on the wire. INVALID: no such link; the
 * number of samples. LINK: it is not up, or went down. IN_USE: a program that uses
 * links runs, or waits for its peers. TOO_OLD.
 */
int groq_device_align_link(struct groq_device *device, uint32_t link, uint32_t samples,
			   int adjust, struct groq_alignment *alignment);

/* ----------------------------------------------------------------- Buffers */

/* Host memory that the card can reach, zeroed, mapped for as long as it lives. */
struct groq_buffer;

/* @bytes 1..4 GiB (INVALID). */
int groq_buffer_create(struct groq_device *device, uint64_t bytes,
		       struct groq_buffer **buffer);
/*
 * Where its bytes are, aligned to a page; the same as long as it lives. Whoever touches
 * them keeps clear of the jobs that copy them.
 */
void *groq_buffer_data(const struct groq_buffer *buffer);
/* Bytes, as they were asked for. */
uint64_t groq_buffer_size(const struct groq_buffer *buffer);
void groq_buffer_destroy(struct groq_buffer *buffer);

enum {
	GROQ_BUFFER_READ_ONLY = 1,	/* the card only reads there */
};

/*
 * The same of memory that is there: @bytes at @data, both multiples of the page
 * size, which stay the caller's and stay in place until the buffer is destroyed
 * and its jobs have ended. INVALID: not whole pages, unknown @flags. MEMORY: more
 * than RLIMIT_MEMLOCK allows; the message says how much that is. ACCESS: not all of
 * it is memory that may be written (@flags GROQ_BUFFER_READ_ONLY: read; a job that
 * copies out to it is refused when it is submitted). UNSUPPORTED: memory of a file.
 */
int groq_buffer_pin(struct groq_device *device, void *data, uint64_t bytes,
		    uint32_t flags, struct groq_buffer **buffer);
/*
 * As a dma-buf, for other devices and processes: a new file descriptor, the
 * caller's. UNSUPPORTED: pinned memory, and simulated cards.
 */
int groq_buffer_export(struct groq_buffer *buffer, int *fd);
/*
 * A buffer of a dma-buf, for as long as it lives; @fd stays the caller's.
 * groq_buffer_data() is NULL where its exporter does not let it be mapped. INVALID:
 * no dma-buf. UNSUPPORTED: simulated cards.
 */
int groq_buffer_import(struct groq_device *device, int fd, struct groq_buffer **buffer);

/* SRAM of one's own, zeroed: for copies without a program. */
struct groq_region;

/*
 * @bytes: a multiple of 320 (INVALID). SRAM: there is no such piece, even without the
 * images that nobody uses; the message says what is free or in use.
 */
int groq_region_create(struct groq_device *device, uint64_t bytes,
		       struct groq_region **region);
/* Linear SRAM address, a multiple of 320. */
uint64_t groq_region_address(const struct groq_region *region);
/* Its SRAM is others' as soon as no work is under way: jobs that name it are refused. */
void groq_region_destroy(struct groq_region *region);

/* ---------------------------------------------------------------- Programs */

/*
 * A program file in host memory, checked in full (docs/program-format.md). Never
 * changes.
 */
struct groq_program;

struct groq_entry_info {
	size_t size;
	char name[GROQ_NAME_BYTES];
	uint32_t kind;		/* GROQ_ENTRY_* */
	uint32_t reserved;
	uint64_t cycles;	/* exact length of a run, 0 if the file does not say */
};

struct groq_tensor_info {
	size_t size;
	char name[GROQ_NAME_BYTES];
	uint32_t direction;	/* GROQ_TENSOR_* */
	uint32_t element;	/* GROQ_ELEMENT_* */
	uint32_t rows;
	uint32_t columns;
	uint64_t bytes;		/* on the host: row major, without gaps */
	uint64_t packed_bytes;	/* as the chip wants it: groq_tensor_pack */
};

/*
 * PROGRAM: not a program for this chip, cut off, or damaged; the message says what is
 * wrong and where. NOT_FOUND, PERMISSION, SYSTEM: the file cannot be read. Blocks
 * until it is.
 */
int groq_program_load_file(const char *path, struct groq_program **program);
/*
 * The same of a file's @bytes. @name stands for the file in messages. @data is not
 * needed afterwards. PROGRAM.
 */
int groq_program_load(const void *data, size_t bytes, const char *name,
		      struct groq_program **program);
void groq_program_destroy(struct groq_program *program);

/* SRAM that a card must have to run it; bytes. */
uint64_t groq_program_sram_bytes(const struct groq_program *program);
/* Entry points and tensors have numbers from 0. INVALID: there is none of @index. */
size_t groq_program_entry_count(const struct groq_program *program);
int groq_program_get_entry(const struct groq_program *program, size_t index,
			   struct groq_entry_info *info);
size_t groq_program_tensor_count(const struct groq_program *program);
int groq_program_get_tensor(const struct groq_program *program, size_t index,
			    struct groq_tensor_info *info);
/* NOT_FOUND: the message lists the names there are. */
int groq_program_find_tensor(const struct groq_program *program, const char *name,
			     size_t *index);

/*
 * Convert a tensor between the host's layout and the packed one: its parts one
 * after another, each a 320-byte vector per row. Both sizes must be exact (SIZE).
 * INVALID: no such tensor.
 */
int groq_tensor_pack(const struct groq_program *program, size_t tensor,
		     const void *host, uint64_t bytes, void *packed,
		     uint64_t packed_bytes);
int groq_tensor_unpack(const struct groq_program *program, size_t tensor,
		       const void *packed, uint64_t packed_bytes, void *host,
		       uint64_t bytes);

/* A program that lies in the SRAM of a device. */
struct groq_image;

/*
 * Reserve the program's SRAM and copy it there. Waits for the copies until @deadline.
 * SRAM: ranges taken, or the card is too small; the message says what is wanted.
 * TIMEOUT, and any other error: nothing stays behind.
 */
int groq_image_load(struct groq_device *device, const struct groq_program *program,
		    int64_t deadline, struct groq_image **image);
/*
 * Load it from its file: bytes go to the card while later ones are still being
 * read, and never lie in this process as a whole. The checksum is known when all
 * has been read: a file that is refused then leaves nothing behind.
 *
 * A device keeps what was loaded into it, by content, until the SRAM is wanted: a
 * program that is still there is not copied again, except for the segments that it
 * says it writes. Loading a program that is loaded gives an image of the same SRAM.
 *
 * Errors are those of groq_program_load_file() and groq_image_load().
 */
int groq_image_load_file(struct groq_device *device, const char *path,
			 int64_t deadline, struct groq_image **image);
/* Frees the SRAM as soon as no job uses it and somebody wants it. */
void groq_image_destroy(struct groq_image *image);

struct groq_image_info {
	size_t size;
	uint64_t sram_bytes;	/* that it has reserved */
	uint64_t copied_bytes;	/* that this load has copied */
	int64_t load_ns;	/* that this load took */
};

int groq_image_get_info(const struct groq_image *image, struct groq_image_info *info);
/* The program that it is of, with entries and tensors; lives as long as @image. */
const struct groq_program *groq_image_program(const struct groq_image *image);

/* -------------------------------------------------------------------- Jobs */

/*
 * A list of steps that the card takes in order; when one fails the rest are not
 * taken. Made once, submitted any number of times, in work once at a time:
 * everything below returns IN_USE from the submission of a job until
 * groq_queue_wait or groq_queue_reap has reported its end. To overlap, make two.
 */
struct groq_job;

/* @bytes at rows 0, 1, ...: strides lead from one row to the next. */
struct groq_copy {
	size_t size;
	struct groq_buffer *buffer;
	uint64_t buffer_offset;
	uint64_t sram;		/* linear address, in a region or image of the device */
	uint64_t bytes;		/* of a row, not 0 */
	uint64_t rows;		/* 1..2^32-1 */
	uint64_t buffer_stride;	/* with more rows than one: at least @bytes; else 0 */
	uint64_t sram_stride;	/* same */
};

/* An empty job. */
int groq_job_create(struct groq_device *device, struct groq_job **job);
/*
 * The job of a program: copy all inputs, run @entry (NULL: monolithic; or input,
 * compute and output), copy all outputs, with buffers of its own, zeroed. NOT_FOUND:
 * no such entry; the message lists those there are.
 */
int groq_job_create_run(struct groq_image *image, const char *entry,
			struct groq_job **job);
void groq_job_destroy(struct groq_job *job);
/*
 * Without its steps it can be built anew, in the memory that it has. INVALID: it is
 * of groq_job_create_run.
 */
int groq_job_clear(struct groq_job *job);

/*
 * Append a copy to the card, or from it. INVALID: past the end of the buffer, one of
 * another device, 0 bytes or rows, strides that do not fit. Nothing is appended then.
 * That the SRAM is one's own is seen when the job is submitted.
 */
int groq_job_copy_in(struct groq_job *job, const struct groq_copy *copy);
int groq_job_copy_out(struct groq_job *job, const struct groq_copy *copy);
/*
 * Append a run of @entry. @max_cycles: it ends as faulted there; 0: derived from the
 * program. INVALID: an image of another device. NOT_FOUND: no such entry.
 */
int groq_job_run(struct groq_job *job, struct groq_image *image, const char *entry,
		 uint64_t max_cycles);

/*
 * Write an input or read an output tensor of groq_job_create_run, row major;
 * @bytes as groq_tensor_info says (SIZE). Inputs keep their value from run to
 * run. INVALID: no such tensor, or of the other direction.
 */
int groq_job_set_input(struct groq_job *job, size_t tensor, const void *data,
		       uint64_t bytes);
int groq_job_get_output(struct groq_job *job, size_t tensor, void *data,
			uint64_t bytes);
/*
 * Where the tensor lies for the card, packed (groq_tensor_pack): to be written
 * and read in place, without a copy, while the job is not in work. Lives as long
 * as the job. A tensor of one-byte elements whose packed_bytes are 320 for each row
 * lies there row by row, at multiples of 320; what is behind a row stays zero.
 */
int groq_job_tensor_data(struct groq_job *job, size_t tensor, void **packed,
			 uint64_t *packed_bytes);

/* ------------------------------------------------------------------ Queues */

/*
 * Jobs of one queue run in order; jobs of different queues overlap as far as the
 * chip can. One image may be in work in one queue at a time (IN_USE).
 */
struct groq_queue;

struct groq_queue_options {
	size_t size;
	uint32_t priority;	/* 0 lowest (default) .. 3; above 1 needs CAP_SYS_NICE */
	uint32_t path;		/* GROQ_PATH_*; AUTO: that of the context */
	uint32_t depth;		/* most jobs in work, 1..4096; 0: 256. More are FULL */
	uint32_t reserved;	/* 0 */
};

struct groq_queue_info {
	size_t size;
	uint32_t path;		/* GROQ_PATH_* that it has */
	uint32_t depth;
	uint64_t submitted;	/* jobs */
	uint64_t in_work;	/* of those */
	uint64_t system_calls;	/* made for submitting and waiting */
	uint64_t allocations;	/* of memory, on the way of a job */
};

/* Where and why a program stopped; numbers as in docs/hardware.md section 11. */
struct groq_fault_info {
	uint32_t cause;
	uint32_t unit;		/* instruction queue, ~0 if none */
	uint64_t cycle;		/* of the program */
	uint64_t address;	/* SRAM or buffer offset, ~0 if none */
	uint32_t text;		/* SRAM address of the instruction, ~0 if none */
	uint32_t detail;	/* by cause */
	uint8_t instruction[16];
};

/* The end of a job. */
struct groq_result {
	size_t size;
	uint64_t ticket;
	int32_t error;		/* GROQ_OK, or why the job failed */
	uint32_t step;		/* that failed, from 0 */
	uint64_t cycles;	/* that its programs took */
	uint64_t expected_cycles; /* that they should take, 0: not all are known */
	uint64_t bytes;		/* that its copies moved */
	uint64_t device_time_ns; /* the card's clock at its end */
	struct groq_fault_info fault; /* if a step failed, else zeroes */
};

/*
 * @options NULL: defaults. INVALID: one is out of range. QUEUES. PERMISSION: priority.
 * A path that cannot be had: TOO_OLD, PERMISSION, UNSUPPORTED; the message says what
 * is in the way.
 */
int groq_queue_create(struct groq_device *device,
		      const struct groq_queue_options *options,
		      struct groq_queue **queue);
/* Unfinished jobs are ended; nobody is told. */
void groq_queue_destroy(struct groq_queue *queue);

/* An empty job for the device of @queue. */
int groq_queue_create_job(struct groq_queue *queue, struct groq_job **job);

/*
 * Submit a job. @ticket: greater than all before it in this queue, not 0. Waits for
 * nobody. INVALID: the job is empty, or of another device. IN_USE: it, or an image of
 * it in another queue, is in work. FULL: take results first. With an error it is as it
 * was, and not in work. A job that the driver refuses has a ticket, and ends in its
 * turn like one that fails, with the reason as its result: ACCESS, when it touches SRAM
 * that is not the device's, or writes to memory that is only to be read; MEMORY; ...
 *
 * A job of more than 64 steps goes to the driver in parts. When a step of it fails,
 * those of later parts may be done nevertheless: nothing that it wrote counts.
 */
int groq_queue_submit(struct groq_queue *queue, struct groq_job *job,
		      uint64_t *ticket);
/*
 * Submit several, in order, as by groq_queue_submit, each for itself: when one fails or
 * is refused by the driver the others go on. By io_uring it is one system call for
 * each 256 jobs (of up to 64 steps), by sqpoll mostly none, by ioctl one for each.
 * *@submitted always says how many were, and the tickets of those are filled in; fewer
 * than @count with the error of the first that was not, and then nothing behind that
 * was. @count may be 0.
 */
int groq_queue_submit_batch(struct groq_queue *queue, struct groq_job *const *jobs,
			    size_t count, uint64_t *tickets, size_t *submitted);
/*
 * Ask for the early end of a job. Its result comes like any other, as CANCELED
 * unless it has just ended otherwise; a program that has begun is aborted; the
 * queue goes on with the next. Does not wait, and may be repeated. NOT_FOUND as for
 * wait. UNSUPPORTED: an old driver.
 */
int groq_queue_cancel(struct groq_queue *queue, uint64_t ticket);
/* A snapshot; asks the card nothing. */
int groq_queue_get_info(const struct groq_queue *queue, struct groq_queue_info *info);
/*
 * Wait for the job of @ticket and take its result. Returns the job's own error,
 * with @result (may be NULL) filled in: FAULT, ACCESS, DMA, HUNG, CANCELED, RESET or
 * DEVICE_LOST. TIMEOUT: the job is still in work, or its end is not known yet;
 * @result is as it was. NOT_FOUND: never submitted, or its result has been taken. Of
 * several that wait for one job, one gets its result.
 */
int groq_queue_wait(struct groq_queue *queue, uint64_t ticket, int64_t deadline,
		    struct groq_result *result);
/*
 * Take the results of ended jobs, oldest first, without waiting: at most
 * @capacity; @results is an array, all of the size that the first one says. *@count
 * may be 0. A job that failed is a result with an error, not one of this call.
 */
int groq_queue_reap(struct groq_queue *queue, struct groq_result *results,
		    size_t capacity, size_t *count);
/*
 * A file descriptor that polls readable while results may wait to be taken;
 * groq_queue_reap makes it unreadable again. It belongs to the queue: do not
 * read, write or close it. Costs a system call per submission from then on.
 */
int groq_queue_fd(struct groq_queue *queue, int *fd);

/* --------------------------------------------------------------- Pipelines */

/*
 * Runs of one image, one after another, whose copies overlap the runs: while one
 * computes, the next one's input is on its way in and the last one's output on its
 * way out. That needs a program with the entries input, compute and output; a
 * monolithic one works, too, and overlaps nothing but the host's work. Results
 * come out in the order in which inputs went in. One thread pushes and one pops,
 * at the same time if they like; any may end runs.
 */
struct groq_pipeline;

struct groq_pipeline_options {
	size_t size;
	uint32_t priority;	/* as in groq_queue_options */
	uint32_t path;
	uint32_t depth;		/* runs on their way at once, 2..64; 0: 3 */
	uint32_t reserved;	/* 0 */
};

/*
 * @options NULL: defaults. IN_USE: the image is in work elsewhere. QUEUES: it takes
 * three. INVALID: an option is out of range. Else as groq_queue_create().
 */
int groq_pipeline_create(struct groq_image *image,
			 const struct groq_pipeline_options *options,
			 struct groq_pipeline **pipeline);
/* What is on its way is ended, and its results are lost; waits until the chip lets go. */
void groq_pipeline_destroy(struct groq_pipeline *pipeline);
/*
 * Begin a run with @inputs: row-major data of each input tensor, in the order of
 * the program's tensors, of the sizes that it says. They are the caller's again
 * when this returns. Waits for room until @deadline (TIMEOUT; FULL if that is past
 * already). *@number counts the runs from 0; may be NULL. INVALID: @count is not the
 * number of inputs.
 */
int groq_pipeline_push(struct groq_pipeline *pipeline, const void *const *inputs,
		       size_t count, int64_t deadline, uint64_t *number);
/*
 * Take the oldest run, as soon as it has ended: its output tensors into @outputs,
 * its end into @result (may be NULL; ticket is the number of the run). Returns the
 * run's own error, with @outputs as they were; a run after a failed one is not harmed.
 * TIMEOUT: it is still on its way. NOT_FOUND: none is. INVALID: @count is not the
 * number of outputs; the run is still there.
 */
int groq_pipeline_pop(struct groq_pipeline *pipeline, void *const *outputs,
		      size_t count, int64_t deadline, struct groq_result *result);
/*
 * Ask for the early end of run @number. It is taken in its turn like any other, as
 * CANCELED unless it has ended otherwise; a program that has begun is aborted. The
 * other runs are not harmed. NOT_FOUND: it is not on its way. UNSUPPORTED: an old
 * driver.
 */
int groq_pipeline_cancel(struct groq_pipeline *pipeline, uint64_t number);
/* Polls readable while groq_pipeline_pop() need not wait. As groq_queue_fd(). */
int groq_pipeline_fd(struct groq_pipeline *pipeline, int *fd);

/*
 * One paragraph for people: cause, unit by name, cycle, address, instruction.
 * Returns its length without the zero; writes at most @capacity bytes, a zero
 * included, and nothing into a @text that is NULL. 0: @fault is NULL, or no memory.
 */
size_t groq_fault_describe(const struct groq_fault_info *fault, char *text,
			   size_t capacity);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* GROQ_GROQ_H */
