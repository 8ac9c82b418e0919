/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults on demand: the properties of docs/driver-testing.md. All are set with
 * the BQL held, at any time from the creation of the card on.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/pci/pcie.h"
#include "groq_card.h"
#include "hw/groq_regs.h"
#include "trace.h"

#define STRAY_BYTES_MAX 4096
#define STRAY_PATTERN 0xa5
/* Of ECC_INJECT_BITS: 128 of data and 9 to check them. */
#define ECC_BITS 137

typedef struct GroqChoice {
    const char *name;
    int64_t value;
} GroqChoice;

static const GroqChoice hangs[] = {
    { "none", GROQ_HANG_NONE },
    { "command", GROQ_HANG_COMMAND },
    { "chip", GROQ_HANG_CHIP },
    { "reset", GROQ_HANG_RESET },
    { "forever", GROQ_HANG_FOREVER },
    { }
};

static const GroqChoice bad_completions[] = {
    { "none", 0 },
    { "cookie", GROQ_BAD_COOKIE },
    { "queue", GROQ_BAD_QUEUE },
    { "head", GROQ_BAD_SQ_HEAD },
    { "status", GROQ_BAD_STATUS },
    { }
};

static const char *const stray_results[] = { "none", "done", "refused" };

/* --- what the paths of DMA and interrupts ask */

void groq_faults_init(GroqFaults *faults)
{
    qemu_mutex_init(&faults->lock);
}

void groq_faults_fini(GroqFaults *faults)
{
    qemu_mutex_destroy(&faults->lock);
}

bool groq_faults_refuse_dma(GroqFaults *faults)
{
    if (!qatomic_read(&faults->dma_errors)) {
        return false;
    }
    QEMU_LOCK_GUARD(&faults->lock);
    if (!faults->dma_errors) {
        return false;
    }
    if (faults->dma_errors_after) {
        faults->dma_errors_after--;
        return false;
    }
    qatomic_set(&faults->dma_errors, faults->dma_errors - 1);
    return true;
}

bool groq_faults_lose_interrupt(GroqFaults *faults)
{
    if (!faults->lost_interrupts) {
        return false;
    }
    faults->lost_interrupts--;
    return true;
}

/* --- values in and out */

static bool groq_exists(GroqCard *card, const char *name, Error **errp)
{
    if (!card->chip) {
        error_setg(errp, "%s can be set once the machine is made: use qom-set",
                   name);
    }
    return card->chip;
}

/* For what happens at once. */
static bool groq_is_there(GroqCard *card, const char *name, Error **errp)
{
    if (!groq_exists(card, name, errp)) {
        return false;
    }
    if (card->absent) {
        error_setg(errp, "%s cannot befall a card that is gone", name);
    }
    return !card->absent;
}

static char *groq_join(const GroqChoice *choices)
{
    GString *text = g_string_new(choices->name);

    while ((++choices)->name) {
        g_string_append_printf(text, "%s%s", choices[1].name ? ", " : " or ",
                               choices->name);
    }
    return g_string_free(text, false);
}

static bool groq_choose(const GroqChoice *choices, const char *property,
                        const char *name, int64_t *value, Error **errp)
{
    g_autofree char *all = NULL;

    for (const GroqChoice *choice = choices; choice->name; choice++) {
        if (!strcmp(choice->name, name)) {
            *value = choice->value;
            return true;
        }
    }
    all = groq_join(choices);
    error_setg(errp, "%s must be %s", property, all);
    return false;
}

static char *groq_name(const GroqChoice *choices, int64_t value)
{
    while (choices->value != value) {
        choices++;
    }
    return g_strdup(choices->name);
}

static int64_t groq_failure(GroqCard *card, enum groq_failure failure)
{
    return card->chip ? groq_chip_failure(card->chip, failure) : 0;
}

/* --- the chip fails */

static char *groq_get_hang(Object *object, Error **errp)
{
    return groq_name(hangs, groq_failure(GROQ_LPU(object),
                                         GROQ_FAILURE_HANG));
}

static void groq_set_hang(Object *object, const char *name, Error **errp)
{
    GroqCard *card = GROQ_LPU(object);
    int64_t value;

    if (groq_exists(card, "hang", errp) &&
        groq_choose(hangs, "hang", name, &value, errp)) {
        groq_chip_fail(card->chip, GROQ_FAILURE_HANG, value);
    }
}

static char *groq_get_bad_completion(Object *object, Error **errp)
{
    return groq_name(bad_completions, groq_failure(GROQ_LPU(object),
                                                   GROQ_FAILURE_COMPLETION));
}

static void groq_set_bad_completion(Object *object, const char *name,
                                    Error **errp)
{
    GroqCard *card = GROQ_LPU(object);
    int64_t value;

    if (groq_exists(card, "bad-completion", errp) &&
        groq_choose(bad_completions, "bad-completion", name, &value, errp)) {
        groq_chip_fail(card->chip, GROQ_FAILURE_COMPLETION, value);
    }
}

static bool groq_get_fatal(Object *object, Error **errp)
{
    return groq_failure(GROQ_LPU(object), GROQ_FAILURE_FATAL);
}

static void groq_set_fatal(Object *object, bool fatal, Error **errp)
{
    GroqCard *card = GROQ_LPU(object);

    if (groq_exists(card, "fatal", errp)) {
        groq_chip_fail(card->chip, GROQ_FAILURE_FATAL, fatal);
    }
}

static bool groq_get_firmware_crash(Object *object, Error **errp)
{
    return groq_failure(GROQ_LPU(object), GROQ_FAILURE_CONTROLLER);
}

static void groq_set_firmware_crash(Object *object, bool crashed,
                                    Error **errp)
{
    GroqCard *card = GROQ_LPU(object);

    if (groq_exists(card, "firmware-crash", errp)) {
        groq_chip_fail(card->chip, GROQ_FAILURE_CONTROLLER, crashed);
    }
}

static void groq_get_temperature(Object *object, Visitor *v, const char *name,
                                 void *opaque, Error **errp)
{
    GroqCard *card = GROQ_LPU(object);
    int64_t value = card->chip ? groq_failure(card, GROQ_FAILURE_TEMPERATURE)
                               : INT64_MIN;
    char *text = (char *)"auto";

    if (value == INT64_MIN) {
        visit_type_str(v, name, &text, errp);
    } else {
        visit_type_int(v, name, &value, errp);
    }
}

/* A number, or else "auto". */
static bool groq_visit_temperature(Visitor *v, const char *name,
                                   int64_t *value)
{
    g_autofree char *text = NULL;

    if (visit_type_int(v, name, value, NULL)) {
        return true;
    }
    if (!visit_type_str(v, name, &text, NULL)) {
        return false;
    }
    if (!strcmp(text, "auto")) {
        *value = INT64_MIN;
        return true;
    }
    return qemu_strtoi64(text, NULL, 10, value) == 0;
}

/* What is too hot powers off, and stays off. */
static void groq_set_temperature(Object *object, Visitor *v, const char *name,
                                 void *opaque, Error **errp)
{
    GroqCard *card = GROQ_LPU(object);
    int64_t value;

    if (!groq_exists(card, name, errp)) {
        return;
    }
    if (!groq_visit_temperature(v, name, &value) ||
        !groq_chip_fail(card->chip, GROQ_FAILURE_TEMPERATURE, value)) {
        error_setg(errp, "%s must be auto, or -%d to %d milli-degree", name,
                   GROQ_TEMPERATURE_LIMIT, GROQ_TEMPERATURE_LIMIT);
        return;
    }
    if (groq_is_too_hot(card)) {
        groq_set_gone(card, true);
    }
}

/* "ADDRESS:BIT" or "ADDRESS:BIT:BIT" */
static bool groq_parse_ecc(GroqCard *card, const char *text, uint32_t *address,
                           uint32_t *bits)
{
    g_auto(GStrv) words = g_strsplit(text, ":", 4);
    unsigned int count = g_strv_length(words);
    uint64_t where, first, second;

    if (count < 2 || count > 3 || qemu_strtou64(words[0], NULL, 0, &where) ||
        qemu_strtou64(words[1], NULL, 0, &first) ||
        qemu_strtou64(words[count - 1], NULL, 0, &second)) {
        return false;
    }
    *address = where;
    *bits = first | second << 8;
    return where < card->sram_bytes && where % 16 == 0 && first < ECC_BITS &&
           second < ECC_BITS;
}

/* The registers are the driver's: it finds them as it left them. */
static void groq_set_ecc(Object *object, const char *text, Error **errp)
{
    GroqCard *card = GROQ_LPU(object);
    struct groq_chip *chip = card->chip;
    uint32_t address, bits;
    uint64_t before;

    if (!groq_is_there(card, "ecc", errp)) {
        return;
    }
    if (!groq_parse_ecc(card, text, &address, &bits)) {
        error_setg(errp, "ecc must be ADDRESS:BIT or ADDRESS:BIT:BIT with an "
                   "ADDRESS that is a multiple of 16 below %" PRIu64
                   " and a BIT of 0 to %d", card->sram_bytes, ECC_BITS - 1);
        return;
    }
    before = groq_chip_read(chip, GROQ_ECC_INJECT_ADDRESS, 8);
    groq_chip_write(chip, GROQ_ECC_INJECT_ADDRESS, address, 4);
    groq_chip_write(chip, GROQ_ECC_INJECT_BITS, bits, 4);
    groq_chip_write(chip, GROQ_ECC_INJECT, GROQ_ECC_INJECT_INTO_SRAM, 4);
    groq_chip_write(chip, GROQ_ECC_INJECT_ADDRESS, before, 8);
}

/* Of what happens once and is over when the call returns. */
static char *groq_get_none(Object *object, Error **errp)
{
    return g_strdup("none");
}

/* --- the bus fails */

static void groq_get_count(Object *object, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    uint32_t *count = (void *)((char *)GROQ_LPU(object) + (uintptr_t)opaque);
    uint32_t value = qatomic_read(count);

    visit_type_uint32(v, name, &value, errp);
}

static void groq_set_count(Object *object, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    GroqCard *card = GROQ_LPU(object);
    uint32_t *count = (void *)((char *)card + (uintptr_t)opaque);
    uint32_t value;

    if (!groq_exists(card, name, errp)) {
        return;
    }
    if (!visit_type_uint32(v, name, &value, NULL)) {
        error_setg(errp, "%s must be a number, 0 to %" PRIu32, name,
                   UINT32_MAX);
        return;
    }
    QEMU_LOCK_GUARD(&card->faults.lock);
    qatomic_set(count, value);
}

static bool groq_get_gone(Object *object, Error **errp)
{
    return GROQ_LPU(object)->gone;
}

static void groq_set_gone_property(Object *object, bool gone, Error **errp)
{
    GroqCard *card = GROQ_LPU(object);

    if (!groq_exists(card, "gone", errp)) {
        return;
    }
    if (!gone && groq_is_too_hot(card)) {
        error_setg(errp, "too hot to power on: set temperature first");
        return;
    }
    groq_set_gone(card, gone);
}

static bool groq_get_link_down(Object *object, Error **errp)
{
    return GROQ_LPU(object)->link_down;
}

static void groq_set_link_down_property(Object *object, bool down,
                                        Error **errp)
{
    GroqCard *card = GROQ_LPU(object);

    if (groq_exists(card, "link-down", errp)) {
        groq_set_link_down(card, down, errp);
    }
}

static void groq_set_aer(Object *object, const char *name, Error **errp)
{
    GroqCard *card = GROQ_LPU(object);

    if (groq_is_there(card, "aer", errp)) {
        groq_report_aer(card, name, errp);
    }
}

/* --- the card accesses what it should not */

static bool groq_parse_stray(const char *text, bool *writes, uint64_t *address,
                             uint64_t *bytes)
{
    g_auto(GStrv) words = g_strsplit(text, ":", 4);

    if (g_strv_length(words) != 3 ||
        qemu_strtou64(words[1], NULL, 0, address) ||
        qemu_strtou64(words[2], NULL, 0, bytes)) {
        return false;
    }
    *writes = !strcmp(words[0], "write");
    return (*writes || !strcmp(words[0], "read")) && *bytes > 0 &&
           *bytes <= STRAY_BYTES_MAX && *address + (*bytes - 1) >= *address;
}

static void groq_set_stray_dma(Object *object, const char *text, Error **errp)
{
    GroqCard *card = GROQ_LPU(object);
    uint8_t data[STRAY_BYTES_MAX];
    uint64_t address, bytes;
    bool writes;

    if (!groq_is_there(card, "stray-dma", errp)) {
        return;
    }
    if (!groq_parse_stray(text, &writes, &address, &bytes)) {
        error_setg(errp, "stray-dma must be read:ADDRESS:BYTES or "
                   "write:ADDRESS:BYTES with BYTES of 1 to %d",
                   STRAY_BYTES_MAX);
        return;
    }
    memset(data, STRAY_PATTERN, bytes);
    card->faults.stray_result =
        groq_stray_dma(card, address, data, bytes, writes)
        ? GROQ_STRAY_DONE : GROQ_STRAY_REFUSED;
}

static char *groq_get_stray_result(Object *object, Error **errp)
{
    return g_strdup(stray_results[GROQ_LPU(object)->faults.stray_result]);
}

/* --- the properties */

static void groq_add_string(ObjectClass *class, const char *name,
                            char *(*get)(Object *, Error **),
                            void (*set)(Object *, const char *, Error **),
                            const char *description)
{
    object_class_property_add_str(class, name, get, set);
    object_class_property_set_description(class, name, description);
}

static void groq_add_bool(ObjectClass *class, const char *name,
                          bool (*get)(Object *, Error **),
                          void (*set)(Object *, bool, Error **),
                          const char *description)
{
    object_class_property_add_bool(class, name, get, set);
    object_class_property_set_description(class, name, description);
}

static void groq_add_count(ObjectClass *class, const char *name, size_t offset,
                           const char *description)
{
    object_class_property_add(class, name, "uint32", groq_get_count,
                              groq_set_count, NULL, (void *)offset);
    object_class_property_set_description(class, name, description);
}

void groq_faults_class_init(ObjectClass *class)
{
    groq_add_string(class, "hang", groq_get_hang, groq_set_hang,
        "Commands do not end: none, command, chip, reset or forever, by what "
        "it takes to bring the chip back");
    groq_add_string(class, "bad-completion", groq_get_bad_completion,
        groq_set_bad_completion,
        "The next completion is wrong: none, cookie, queue, head or status");
    groq_add_bool(class, "fatal", groq_get_fatal, groq_set_fatal,
        "The chip is unable to go on, until a reset");
    groq_add_bool(class, "firmware-crash", groq_get_firmware_crash,
        groq_set_firmware_crash, "The management controller is dead");
    object_class_property_add(class, "temperature", "milli-degree|auto",
                              groq_get_temperature, groq_set_temperature,
                              NULL, NULL);
    object_class_property_set_description(class, "temperature",
        "What the chip's sensor says: milli-degree, or auto");
    groq_add_string(class, "ecc", groq_get_none, groq_set_ecc,
        "Flips bits in SRAM: ADDRESS:BIT or ADDRESS:BIT:BIT");
    groq_add_count(class, "lost-interrupts",
        offsetof(GroqCard, faults.lost_interrupts),
        "So many interrupts are not sent");
    groq_add_count(class, "dma-errors", offsetof(GroqCard, faults.dma_errors),
        "So many DMA accesses find nobody");
    groq_add_count(class, "dma-errors-after",
        offsetof(GroqCard, faults.dma_errors_after),
        "So many DMA accesses go through before dma-errors");
    groq_add_bool(class, "gone", groq_get_gone, groq_set_gone_property,
        "The card was pulled out, or has no power");
    groq_add_bool(class, "link-down", groq_get_link_down,
        groq_set_link_down_property, "The link to the card is down");
    groq_add_string(class, "aer", groq_get_none, groq_set_aer,
        "The card reports an error: correctable, nonfatal or fatal");
    groq_add_string(class, "stray-dma", groq_get_none, groq_set_stray_dma,
        "The card accesses memory: read:ADDRESS:BYTES or write:ADDRESS:BYTES");
    groq_add_string(class, "stray-dma-result", groq_get_stray_result, NULL,
        "What became of stray-dma: none, done or refused");
}
