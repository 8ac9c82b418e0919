// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of the PCI device. They exist from probe to removal, and need no
 * ownership of the card.
 */

#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/pid.h>
#include <linux/sysfs.h>

#include <hw/groq_regs.h>

#include "groq_drv.h"
#include "groq_power.h"
#include "groq_sysfs.h"

#define GROQ_ATTR(_name, _format, _value)					\
static ssize_t _name##_show(struct device *dev, struct device_attribute *attr,	\
			    char *buf)						\
{										\
	struct groq_device *gdev = dev_get_drvdata(dev);			\
										\
	return sysfs_emit(buf, _format "\n", _value);				\
}										\
static DEVICE_ATTR_RO(_name)

/* Reads what is in registers, of a card that is awake; -ENODEV if it has gone. */
static int groq_sysfs_read(struct device *dev, u64 (*read)(const struct groq_hw *hw, u32 reg),
			   u32 reg, u64 *value)
{
	struct groq_device *gdev = dev_get_drvdata(dev);
	int ret = groq_power_get(gdev);

	if (ret)
		return ret;
	*value = read(&gdev->hw, reg);
	ret = groq_hw_present(&gdev->hw) ? 0 : -ENODEV;
	groq_power_put(gdev);
	return ret;
}

static u64 groq_sysfs_read32(const struct groq_hw *hw, u32 reg)
{
	return groq_hw_read32(hw, reg);
}

/* A register, read when asked. */
#define GROQ_ATTR_REGISTER(_name, _read, _register)				\
static ssize_t _name##_show(struct device *dev, struct device_attribute *attr,	\
			    char *buf)						\
{										\
	u64 value;								\
	int ret = groq_sysfs_read(dev, _read, _register, &value);		\
										\
	return ret ? ret : sysfs_emit(buf, "%llu\n", value);			\
}										\
static DEVICE_ATTR_RO(_name)

GROQ_ATTR(serial, "%016llx", gdev->hw.serial);
GROQ_ATTR(sram_total, "%llu", gdev->hw.sram_bytes);
GROQ_ATTR(sram_used, "%llu", groq_sram_used(gdev));
GROQ_ATTR(queues_total, "%u", gdev->hw.queue_count);
GROQ_ATTR(queues_used, "%d", atomic_read(&gdev->queues_used));
GROQ_ATTR(clock_khz, "%u", gdev->hw.clock_khz);
GROQ_ATTR(resets, "%d", atomic_read(&gdev->reset.count));

GROQ_ATTR_REGISTER(clock_actual_khz, groq_sysfs_read32, GROQ_TELEMETRY_CLOCK_KHZ);
GROQ_ATTR_REGISTER(uptime_s, groq_sysfs_read32, GROQ_TELEMETRY_UPTIME_S);
GROQ_ATTR_REGISTER(heartbeat, groq_sysfs_read32, GROQ_TELEMETRY_HEARTBEAT);
GROQ_ATTR_REGISTER(busy_ns, groq_hw_read64, GROQ_TELEMETRY_BUSY_NS);
GROQ_ATTR_REGISTER(ecc_corrected, groq_hw_read64, GROQ_ECC_CORRECTED);
GROQ_ATTR_REGISTER(ecc_uncorrected, groq_hw_read64, GROQ_ECC_UNCORRECTED);
GROQ_ATTR_REGISTER(programs_done, groq_hw_read64, GROQ_PROGRAMS_DONE);
GROQ_ATTR_REGISTER(programs_faulted, groq_hw_read64, GROQ_PROGRAMS_FAULTED);
GROQ_ATTR_REGISTER(bytes_in, groq_hw_read64, GROQ_BYTES_IN);
GROQ_ATTR_REGISTER(bytes_out, groq_hw_read64, GROQ_BYTES_OUT);

static ssize_t hw_version_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct groq_device *gdev = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u.%u\n",
			  (u32)FIELD_GET(GROQ_VERSION_MAJOR, gdev->hw.version),
			  (u32)FIELD_GET(GROQ_VERSION_MINOR, gdev->hw.version));
}
static DEVICE_ATTR_RO(hw_version);

static ssize_t firmware_version_show(struct device *dev, struct device_attribute *attr,
				     char *buf)
{
	u64 version;
	int ret = groq_sysfs_read(dev, groq_sysfs_read32, GROQ_TELEMETRY_FIRMWARE, &version);

	if (ret)
		return ret;
	return sysfs_emit(buf, "%llu.%llu.%llu\n", version >> 24, version >> 16 & 0xff,
			  version & 0xffff);
}
static DEVICE_ATTR_RO(firmware_version);

static ssize_t throttle_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	static const char * const names[] = { "none", "thermal", "power", "thermal power" };
	u64 throttle;
	int ret = groq_sysfs_read(dev, groq_sysfs_read32, GROQ_TELEMETRY_THROTTLE, &throttle);

	if (ret)
		return ret;
	return sysfs_emit(buf, "%s\n",
			  names[throttle & (GROQ_THROTTLE_THERMAL | GROQ_THROTTLE_POWER)]);
}
static DEVICE_ATTR_RO(throttle);

static const char *groq_sysfs_state_awake(struct groq_device *gdev)
{
	u32 status;

	if (READ_ONCE(gdev->reset.gone))
		return "lost";
	/* It may read as all ones meanwhile, as if it had been pulled out. */
	if (READ_ONCE(gdev->reset.offline))
		return "resetting";
	if (!groq_hw_present(&gdev->hw))
		return READ_ONCE(gdev->reset.offline) ? "resetting" : "lost";
	status = groq_hw_status(&gdev->hw);
	if (READ_ONCE(gdev->reset.offline) || (status & GROQ_STATUS_RESETTING))
		return "resetting";
	if (status & GROQ_STATUS_FATAL)
		return "fatal";
	if (!(status & GROQ_STATUS_CONTROLLER))
		return "unmanaged";
	return status & GROQ_STATUS_RUNNING ? "busy" : "ready";
}

/* Does not wake the card. */
static const char *groq_sysfs_state(struct groq_device *gdev)
{
	const char *state = "asleep";

	if (groq_power_get_if_awake(gdev)) {
		state = groq_sysfs_state_awake(gdev);
		groq_power_put(gdev);
	}
	return state;
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", groq_sysfs_state(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(state);

/* Processes with contexts, each once, in the reader's pid namespace. */
static ssize_t holders_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct groq_device *gdev = dev_get_drvdata(dev);
	struct groq_context *context;
	const struct pid *last = NULL;
	int length = 0;

	guard(mutex)(&gdev->contexts.lock);
	list_for_each_entry(context, &gdev->contexts.list, link) {
		if (context->pid != last)
			length += sysfs_emit_at(buf, length, "%d\n", pid_vnr(context->pid));
		last = context->pid;
	}
	return length;
}
static DEVICE_ATTR_RO(holders);

static struct attribute *groq_sysfs_attrs[] = {
	&dev_attr_serial.attr,
	&dev_attr_hw_version.attr,
	&dev_attr_firmware_version.attr,
	&dev_attr_sram_total.attr,
	&dev_attr_sram_used.attr,
	&dev_attr_queues_total.attr,
	&dev_attr_queues_used.attr,
	&dev_attr_clock_khz.attr,
	&dev_attr_clock_actual_khz.attr,
	&dev_attr_state.attr,
	&dev_attr_holders.attr,
	&dev_attr_resets.attr,
	&dev_attr_throttle.attr,
	&dev_attr_uptime_s.attr,
	&dev_attr_heartbeat.attr,
	&dev_attr_busy_ns.attr,
	&dev_attr_ecc_corrected.attr,
	&dev_attr_ecc_uncorrected.attr,
	&dev_attr_programs_done.attr,
	&dev_attr_programs_faulted.attr,
	&dev_attr_bytes_in.attr,
	&dev_attr_bytes_out.attr,
	NULL
};

static const struct attribute_group groq_sysfs_group = {
	.attrs = groq_sysfs_attrs,
};

const struct attribute_group *groq_sysfs_groups[] = {
	&groq_sysfs_group,
	NULL
};
