// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links as objects in sysfs. To read them does not wake a card that sleeps, and
 * needs no ownership of it.
 */

#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "groq_drv.h"
#include "groq_link.h"
#include "groq_link_sysfs.h"
#include "groq_measure.h"
#include "groq_power.h"

/* A folder linkN. It may outlive the card, but is not asked then. */
struct groq_link_object {
	struct kobject kobj;
	struct groq_device *gdev;
	u32 n;
};

static struct groq_link_object *to_groq_link_object(struct kobject *kobj)
{
	return container_of(kobj, struct groq_link_object, kobj);
}

static void groq_link_object_release(struct kobject *kobj)
{
	kfree(to_groq_link_object(kobj));
}

/* What @link, just read, is shown as. */
#define GROQ_LINK_ATTR(_name, _format, _value)					\
static ssize_t _name##_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf) \
{										\
	struct groq_link_object *object = to_groq_link_object(kobj);		\
	struct groq_hw_link link;						\
	int ret = groq_link_read(object->gdev, object->n, &link);		\
										\
	return ret ? ret : sysfs_emit(buf, _format "\n", _value);		\
}										\
static struct kobj_attribute groq_link_attr_##_name = __ATTR_RO(_name)

GROQ_LINK_ATTR(state, "%s", groq_link_state_name(link.state));
GROQ_LINK_ATTR(peer_serial, "%016llx", link.peer_serial);
GROQ_LINK_ATTR(peer_link, "%u", link.peer_link);
GROQ_LINK_ATTR(lanes, "%u", link.lanes);
GROQ_LINK_ATTR(rate_mbps, "%u", groq_link_mbps(&link));
GROQ_LINK_ATTR(open, "%s", groq_link_open_name(link.open));
GROQ_LINK_ATTR(sent, "%llu", link.sent);
GROQ_LINK_ATTR(received, "%llu", link.received);
GROQ_LINK_ATTR(corrected, "%llu", link.corrected);
GROQ_LINK_ATTR(uncorrected, "%llu", link.uncorrected);
GROQ_LINK_ATTR(downs, "%llu", link.downs);

static ssize_t enabled_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct groq_link_object *object = to_groq_link_object(kobj);

	return sysfs_emit(buf, "%u\n", groq_link_is_enabled(object->gdev, object->n));
}

static ssize_t enabled_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t count)
{
	struct groq_link_object *object = to_groq_link_object(kobj);
	bool enable;
	int ret = kstrtobool(buf, &enable);

	if (!ret)
		ret = groq_link_enable(object->gdev, object->n, enable);
	return ret ? ret : count;
}

static struct kobj_attribute groq_link_attr_enabled = __ATTR_RW(enabled);

static ssize_t retrain_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t count)
{
	struct groq_link_object *object = to_groq_link_object(kobj);
	bool retrain;
	int ret = kstrtobool(buf, &retrain);

	if (ret || !retrain)
		return ret ? ret : -EINVAL;
	ret = groq_power_get(object->gdev);
	if (ret)
		return ret;
	ret = groq_link_retrain(object->gdev, object->n);
	groq_power_put(object->gdev);
	return ret ? ret : count;
}

static struct kobj_attribute groq_link_attr_retrain = __ATTR_WO(retrain);

static ssize_t prbs_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct groq_link_object *object = to_groq_link_object(kobj);
	struct groq_links *links = &object->gdev->links;
	struct groq_link_prbs prbs;

	scoped_guard(mutex, &links->lock)
		prbs = links->prbs[object->n];
	return sysfs_emit(buf, "%llu %llu\n", prbs.bits, prbs.errors);
}

static ssize_t prbs_store(struct kobject *kobj, struct kobj_attribute *attr,
			  const char *buf, size_t count)
{
	struct groq_link_object *object = to_groq_link_object(kobj);
	u32 log2_bits;
	int ret = kstrtou32(buf, 0, &log2_bits);

	if (!ret)
		ret = groq_measure_prbs(object->gdev, object->n, log2_bits);
	return ret ? ret : count;
}

static struct kobj_attribute groq_link_attr_prbs = __ATTR_RW(prbs);

static struct attribute *groq_link_attrs[] = {
	&groq_link_attr_state.attr,
	&groq_link_attr_peer_serial.attr,
	&groq_link_attr_peer_link.attr,
	&groq_link_attr_lanes.attr,
	&groq_link_attr_rate_mbps.attr,
	&groq_link_attr_open.attr,
	&groq_link_attr_sent.attr,
	&groq_link_attr_received.attr,
	&groq_link_attr_corrected.attr,
	&groq_link_attr_uncorrected.attr,
	&groq_link_attr_downs.attr,
	&groq_link_attr_enabled.attr,
	&groq_link_attr_retrain.attr,
	&groq_link_attr_prbs.attr,
	NULL
};
ATTRIBUTE_GROUPS(groq_link);

static const struct kobj_type groq_link_type = {
	.release = groq_link_object_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = groq_link_groups,
};

static struct groq_device *groq_link_folder_device(struct kobject *folder)
{
	return dev_get_drvdata(kobj_to_dev(folder->parent));
}

static ssize_t generation_show(struct kobject *folder, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", groq_link_generation(groq_link_folder_device(folder)));
}

static struct kobj_attribute groq_links_attr_generation = __ATTR_RO(generation);

static ssize_t up_show(struct kobject *folder, struct kobj_attribute *attr, char *buf)
{
	struct groq_device *gdev = groq_link_folder_device(folder);
	u32 n, up = 0;

	for (n = 0; n < gdev->hw.link_count; n++) {
		struct groq_hw_link link;
		int ret = groq_link_read(gdev, n, &link);

		if (ret)
			return ret;
		if (groq_link_is_up(&link))
			up |= BIT(n);
	}
	return sysfs_emit(buf, "%#06x\n", up);
}

static struct kobj_attribute groq_links_attr_up = __ATTR_RO(up);

static struct attribute *groq_links_attrs[] = {
	&groq_links_attr_generation.attr,
	&groq_links_attr_up.attr,
	NULL
};

static const struct attribute_group groq_links_group = {
	.attrs = groq_links_attrs,
};

static int groq_link_object_create(struct groq_device *gdev, struct kobject *folder, u32 n)
{
	struct groq_link_object *object = kzalloc(sizeof(*object), GFP_KERNEL);
	int ret;

	if (!object)
		return -ENOMEM;
	object->gdev = gdev;
	object->n = n;
	ret = kobject_init_and_add(&object->kobj, &groq_link_type, folder, "link%u", n);
	if (ret)
		kobject_put(&object->kobj);
	else
		gdev->links.objects[n] = &object->kobj;
	return ret;
}

static int groq_link_sysfs_fill(struct groq_device *gdev, struct kobject *folder)
{
	int ret = sysfs_create_group(folder, &groq_links_group);
	u32 n;

	for (n = 0; !ret && n < gdev->hw.link_count; n++)
		ret = groq_link_object_create(gdev, folder, n);
	return ret;
}

int groq_link_sysfs_create(struct groq_device *gdev)
{
	struct kobject *folder = kobject_create_and_add("links", &gdev->drm.dev->kobj);
	int ret;

	if (!folder)
		return -ENOMEM;
	scoped_guard(mutex, &gdev->links.lock)
		gdev->links.folder = folder;
	ret = groq_link_sysfs_fill(gdev, folder);
	if (ret)
		groq_link_sysfs_remove(gdev);
	return ret;
}

void groq_link_sysfs_remove(struct groq_device *gdev)
{
	struct groq_links *links = &gdev->links;
	struct kobject *folder = links->folder;
	u32 n;

	scoped_guard(mutex, &links->lock)
		links->folder = NULL;
	for (n = 0; n < GROQ_LINKS && links->objects[n]; n++) {
		kobject_del(links->objects[n]);
		kobject_put(links->objects[n]);
		links->objects[n] = NULL;
	}
	kobject_del(folder);
	kobject_put(folder);
}
