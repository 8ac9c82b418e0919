/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What users say of a cable: -object groq-cable,... Its numbers are those of
 * groq_chip.h, and of files of topologies.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qom/object_interfaces.h"
#include "groq_cable.h"
#include "hw/groq_sram.h"

#define LATENCY_MIN 64
#define LATENCY_MAX 65535

/* A property: where it is, and for numbers what it may be. */
typedef struct GroqCableProperty {
    const char *name;
    size_t offset;
    uint32_t least, most;
} GroqCableProperty;

static const GroqCableProperty texts[] = {
    { "a", offsetof(GroqCable, a) },
    { "b", offsetof(GroqCable, b) },
    { "chardev", offsetof(GroqCable, chardev) },
};

static const GroqCableProperty numbers[] = {
    { "latency", offsetof(GroqCable, numbers.latency), LATENCY_MIN,
      LATENCY_MAX },
    { "lanes", offsetof(GroqCable, numbers.lanes), 1, GROQ_LINK_LANES },
    { "corrected-every", offsetof(GroqCable, numbers.corrected_every), 0,
      UINT32_MAX },
    { "uncorrected-at", offsetof(GroqCable, numbers.uncorrected_at), 0,
      UINT32_MAX },
    { "bit-errors", offsetof(GroqCable, numbers.bit_errors), 0, UINT32_MAX },
};

/* --- properties */

static void *groq_field(Object *object, const GroqCableProperty *property)
{
    return (char *)GROQ_CABLE(object) + property->offset;
}

static bool groq_may_change(Object *object, const char *name, Error **errp)
{
    if (GROQ_CABLE(object)->complete) {
        error_setg(errp, "%s cannot change: object_del the cable, and "
                   "object_add another one", name);
        return false;
    }
    return true;
}

static void groq_get_text(Object *object, Visitor *visitor, const char *name,
                          void *opaque, Error **errp)
{
    char **text = groq_field(object, opaque);
    char *shown = *text ? *text : (char *)"";

    visit_type_str(visitor, name, &shown, errp);
}

static void groq_set_text(Object *object, Visitor *visitor, const char *name,
                          void *opaque, Error **errp)
{
    char **text = groq_field(object, opaque);
    char *value;

    if (!groq_may_change(object, name, errp) ||
        !visit_type_str(visitor, name, &value, errp)) {
        return;
    }
    g_free(*text);
    *text = value;
}

static void groq_get_number(Object *object, Visitor *visitor, const char *name,
                            void *opaque, Error **errp)
{
    uint32_t *number = groq_field(object, opaque);

    visit_type_uint32(visitor, name, number, errp);
}

static void groq_set_number(Object *object, Visitor *visitor, const char *name,
                            void *opaque, Error **errp)
{
    const GroqCableProperty *property = opaque;
    uint32_t *number = groq_field(object, property), value;

    if (!groq_may_change(object, name, errp) ||
        !visit_type_uint32(visitor, name, &value, errp)) {
        return;
    }
    if (value < property->least || value > property->most) {
        error_setg(errp, "%s must be %u to %u", name, property->least,
                   property->most);
        return;
    }
    *number = value;
}

static void groq_get_seed(Object *object, Visitor *visitor, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_uint64(visitor, name, &GROQ_CABLE(object)->numbers.seed, errp);
}

static void groq_set_seed(Object *object, Visitor *visitor, const char *name,
                          void *opaque, Error **errp)
{
    if (groq_may_change(object, name, errp)) {
        visit_type_uint64(visitor, name, &GROQ_CABLE(object)->numbers.seed,
                          errp);
    }
}

static void groq_get_spread(Object *object, Visitor *visitor, const char *name,
                            void *opaque, Error **errp)
{
    visit_type_number(visitor, name, &GROQ_CABLE(object)->spread, errp);
}

static void groq_set_spread(Object *object, Visitor *visitor, const char *name,
                            void *opaque, Error **errp)
{
    if (groq_may_change(object, name, errp)) {
        visit_type_number(visitor, name, &GROQ_CABLE(object)->spread, errp);
    }
}

/* --- from words to ends */

static bool groq_parse_end(GroqCableEnd *end, const char *property,
                           const char *text, Error **errp)
{
    const char *colon = strrchr(text, ':');

    if (!colon || colon == text ||
        qemu_strtoui(colon + 1, NULL, 10, &end->link) < 0) {
        error_setg(errp, "%s must be DEVICE:LINK, like card0:3, not \"%s\"",
                   property, text);
        return false;
    }
    if (end->link >= GROQ_LINKS) {
        error_setg(errp, "%s: there is no link %u: a card has links 0 to %d",
                   property, end->link, GROQ_LINKS - 1);
        return false;
    }
    end->device = g_strndup(text, colon - text);
    return true;
}

static bool groq_parse_ends(GroqCable *cable, Error **errp)
{
    GroqCableEnd *ends = cable->ends;

    if (!cable->a) {
        error_setg(errp, "a is missing: DEVICE:LINK, like card0:3");
        return false;
    }
    if (!cable->b == !cable->chardev) {
        error_setg(errp, "either b, DEVICE:LINK, or chardev must say where the "
                   "other end is");
        return false;
    }
    if (!groq_parse_end(&ends[0], "a", cable->a, errp) ||
        (cable->b && !groq_parse_end(&ends[1], "b", cable->b, errp))) {
        return false;
    }
    if (cable->b && ends[0].link == ends[1].link &&
        !strcmp(ends[0].device, ends[1].device)) {
        error_setg(errp, "both ends are in link %u of %s", ends[0].link,
                   ends[0].device);
        return false;
    }
    return true;
}

/* As in files of topologies: cycles, up to a tenth of the latency. */
static bool groq_parse_spread(GroqCable *cable, Error **errp)
{
    double most = cable->numbers.latency / 10.0;

    if (!(cable->spread >= 0 && cable->spread <= most)) {
        error_setg(errp, "spread must be 0 to %.1f cycles, a tenth of the "
                   "latency", most);
        return false;
    }
    cable->numbers.spread = cable->spread * 1000 + 0.5;
    return true;
}

static void groq_cable_complete(UserCreatable *object, Error **errp)
{
    GroqCable *cable = GROQ_CABLE(object);

    cable->name = g_strdup(object_get_canonical_path_component(OBJECT(cable)));
    cable->complete = groq_parse_spread(cable, errp) &&
                      groq_parse_ends(cable, errp) &&
                      groq_cable_insert(cable, errp);
}

/* --- the type */

static void groq_cable_init(Object *object)
{
    GroqCable *cable = GROQ_CABLE(object);

    cable->numbers = (struct groq_cable)GROQ_CABLE_DEFAULT;
    cable->spread = cable->numbers.spread / 1000.0;
    cable->ends[0].cable = cable->ends[1].cable = cable;
}

static void groq_cable_finalize(Object *object)
{
    GroqCable *cable = GROQ_CABLE(object);

    if (cable->complete) {
        groq_cable_remove(cable);
    }
    for (int n = 0; n < 2; n++) {
        g_free(cable->ends[n].device);
    }
    g_free(cable->name);
    g_free(cable->a);
    g_free(cable->b);
    g_free(cable->chardev);
}

static void groq_cable_class_init(ObjectClass *class, void *data)
{
    USER_CREATABLE_CLASS(class)->complete = groq_cable_complete;
    for (size_t n = 0; n < ARRAY_SIZE(texts); n++) {
        object_class_property_add(class, texts[n].name, "str", groq_get_text,
                                  groq_set_text, NULL, (void *)&texts[n]);
    }
    for (size_t n = 0; n < ARRAY_SIZE(numbers); n++) {
        object_class_property_add(class, numbers[n].name, "uint32",
                                  groq_get_number, groq_set_number, NULL,
                                  (void *)&numbers[n]);
    }
    object_class_property_add(class, "seed", "uint64", groq_get_seed,
                              groq_set_seed, NULL, NULL);
    object_class_property_add(class, "spread", "number", groq_get_spread,
                              groq_set_spread, NULL, NULL);
}

static const TypeInfo groq_cable_type = {
    .name = TYPE_GROQ_CABLE,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(GroqCable),
    .instance_init = groq_cable_init,
    .instance_finalize = groq_cable_finalize,
    .class_init = groq_cable_class_init,
    .interfaces = (InterfaceInfo[]) { { TYPE_USER_CREATABLE }, { } },
};

static void groq_cable_register(void)
{
    type_register_static(&groq_cable_type);
}

type_init(groq_cable_register)
