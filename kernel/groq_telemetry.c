// SPDX-License-Identifier: GPL-2.0-only
/* The telemetry block as hwmon sensors, and the usage of clients as fdinfo. */

#include <linux/hwmon.h>
#include <linux/math64.h>

#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include <hw/groq_regs.h>

#include "groq_drv.h"
#include "groq_power.h"
#include "groq_telemetry.h"

#define GROQ_UW_PER_MW	1000
#define GROQ_HZ_PER_KHZ	1000

/* One sensor value: where it is and how it is called. */
struct groq_sensor {
	enum hwmon_sensor_types type;
	u32 attribute;
	int channel;
	u32 reg;
	int factor;	/* of the register's unit in hwmon's; 0: an alarm */
	u32 bits;	/* of the register: any of them is an alarm */
};

static const struct groq_sensor groq_sensors[] = {
	{ hwmon_temp, hwmon_temp_input, 0, GROQ_TELEMETRY_CHIP_MC, 1 },
	{ hwmon_temp, hwmon_temp_max, 0, GROQ_TELEMETRY_CHIP_MAX_MC, 1 },
	{ hwmon_temp, hwmon_temp_crit, 0, GROQ_TELEMETRY_CHIP_CRIT_MC, 1 },
	{ hwmon_temp, hwmon_temp_max_alarm, 0, GROQ_TELEMETRY_THROTTLE, 0,
	  GROQ_THROTTLE_THERMAL },
	{ hwmon_temp, hwmon_temp_input, 1, GROQ_TELEMETRY_BOARD_MC, 1 },
	{ hwmon_power, hwmon_power_input, 0, GROQ_TELEMETRY_POWER_MW, GROQ_UW_PER_MW },
	{ hwmon_power, hwmon_power_cap, 0, GROQ_TELEMETRY_POWER_CAP_MW, GROQ_UW_PER_MW },
	{ hwmon_power, hwmon_power_cap_alarm, 0, GROQ_TELEMETRY_THROTTLE, 0,
	  GROQ_THROTTLE_POWER },
	{ hwmon_in, hwmon_in_input, 0, GROQ_TELEMETRY_CORE_MV, 1 },
	{ hwmon_curr, hwmon_curr_input, 0, GROQ_TELEMETRY_CORE_MA, 1 },
};

static umode_t groq_telemetry_is_visible(const void *data, enum hwmon_sensor_types type,
					 u32 attribute, int channel)
{
	return 0444;
}

/* Refused when nobody keeps the values fresh. */
static int groq_telemetry_read_awake(struct groq_device *gdev,
				     const struct groq_sensor *sensor, long *value)
{
	u32 raw = groq_hw_read32(&gdev->hw, sensor->reg);
	u32 status;

	if (sensor->bits)
		*value = !!(raw & sensor->bits);
	else	/* Temperatures are signed; nothing else reaches bit 31. */
		*value = (long)(s32)raw * sensor->factor;
	status = groq_hw_status(&gdev->hw);
	if (!groq_hw_present(&gdev->hw))
		return -ENODEV;
	return status & GROQ_STATUS_CONTROLLER ? 0 : -ENODATA;
}

static int groq_telemetry_read_sensor(struct groq_device *gdev,
				      const struct groq_sensor *sensor, long *value)
{
	int ret = groq_power_get(gdev);

	if (ret)
		return ret;
	ret = groq_telemetry_read_awake(gdev, sensor, value);
	groq_power_put(gdev);
	return ret;
}

static int groq_telemetry_read(struct device *dev, enum hwmon_sensor_types type,
			       u32 attribute, int channel, long *value)
{
	struct groq_device *gdev = dev_get_drvdata(dev);
	const struct groq_sensor *sensor;

	for (sensor = groq_sensors; sensor < groq_sensors + ARRAY_SIZE(groq_sensors); sensor++) {
		if (sensor->type != type || sensor->attribute != attribute ||
		    sensor->channel != channel)
			continue;
		return groq_telemetry_read_sensor(gdev, sensor, value);
	}
	return -EOPNOTSUPP;
}

static int groq_telemetry_read_string(struct device *dev, enum hwmon_sensor_types type,
				      u32 attribute, int channel, const char **name)
{
	switch (type) {
	case hwmon_temp:
		*name = channel ? "board" : "chip";
		return 0;
	case hwmon_power:
		*name = "card";
		return 0;
	case hwmon_in:
		*name = "vcore";
		return 0;
	default:
		*name = "icore";
		return 0;
	}
}

static const struct hwmon_ops groq_telemetry_ops = {
	.is_visible = groq_telemetry_is_visible,
	.read = groq_telemetry_read,
	.read_string = groq_telemetry_read_string,
};

static const struct hwmon_channel_info * const groq_telemetry_channels[] = {
	HWMON_CHANNEL_INFO(temp,
			   HWMON_T_INPUT | HWMON_T_LABEL | HWMON_T_MAX | HWMON_T_CRIT |
			   HWMON_T_MAX_ALARM,
			   HWMON_T_INPUT | HWMON_T_LABEL),
	HWMON_CHANNEL_INFO(power, HWMON_P_INPUT | HWMON_P_LABEL | HWMON_P_CAP |
			   HWMON_P_CAP_ALARM),
	HWMON_CHANNEL_INFO(in, HWMON_I_INPUT | HWMON_I_LABEL),
	HWMON_CHANNEL_INFO(curr, HWMON_C_INPUT | HWMON_C_LABEL),
	NULL
};

static const struct hwmon_chip_info groq_telemetry_chip = {
	.ops = &groq_telemetry_ops,
	.info = groq_telemetry_channels,
};

/* hwmon has no kind of sensor for a clock; the name is the one that GPUs use. */
static ssize_t freq1_input_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	static const struct groq_sensor clock = {
		.reg = GROQ_TELEMETRY_CLOCK_KHZ, .factor = GROQ_HZ_PER_KHZ,
	};
	long value;
	int ret = groq_telemetry_read_sensor(dev_get_drvdata(dev), &clock, &value);

	return ret ? ret : sysfs_emit(buf, "%ld\n", value);
}
static DEVICE_ATTR_RO(freq1_input);

static ssize_t freq1_label_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "chip\n");
}
static DEVICE_ATTR_RO(freq1_label);

static struct attribute *groq_telemetry_attrs[] = {
	&dev_attr_freq1_input.attr,
	&dev_attr_freq1_label.attr,
	NULL
};
ATTRIBUTE_GROUPS(groq_telemetry);

/* Wakes who polls the alarms; they themselves are read afresh. */
static void groq_telemetry_alarm_work(struct work_struct *work)
{
	struct groq_alarms *alarms = container_of(work, struct groq_alarms, work);

	hwmon_notify_event(alarms->hwmon, hwmon_temp, hwmon_temp_max_alarm, 0);
	hwmon_notify_event(alarms->hwmon, hwmon_power, hwmon_power_cap_alarm, 0);
}

/* A sensor has crossed its limit. From any context. */
void groq_telemetry_alarm(struct groq_device *gdev)
{
	/* Pairs with groq_telemetry_init(). */
	if (smp_load_acquire(&gdev->alarms.hwmon))
		schedule_work(&gdev->alarms.work);
}

static void groq_telemetry_fini(void *data)
{
	struct groq_device *gdev = data;

	cancel_work_sync(&gdev->alarms.work);
}

int groq_telemetry_init(struct groq_device *gdev)
{
	struct device *hwmon;

	if (!IS_REACHABLE(CONFIG_HWMON))
		return 0;
	hwmon = devm_hwmon_device_register_with_info(gdev->drm.dev, "groq", gdev,
						     &groq_telemetry_chip,
						     groq_telemetry_groups);
	if (IS_ERR(hwmon))
		return PTR_ERR(hwmon);
	INIT_WORK(&gdev->alarms.work, groq_telemetry_alarm_work);
	/* Pairs with the interrupt, which may come at any time. */
	smp_store_release(&gdev->alarms.hwmon, hwmon);
	/* Runs before hwmon goes, and when no interrupt comes any more. */
	return devm_add_action_or_reset(gdev->drm.dev, groq_telemetry_fini, gdev);
}

/* Keys of docs/sysfs.md; drm-* as Documentation/gpu/drm-usage-stats.rst has them. */
void groq_telemetry_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	struct groq_device *gdev = to_groq_device(file->minor->dev);
	struct groq_file *gfile = file->driver_priv;
	u64 cycles = atomic64_read(&gfile->usage.cycles);
	u64 sram = atomic64_read(&gfile->usage.sram);

	drm_printf(p, "drm-engine-program:\t%llu ns\n",
		   mul_u64_u64_div_u64(cycles, NSEC_PER_MSEC, gdev->hw.clock_khz));
	drm_printf(p, "drm-cycles-program:\t%llu\n", cycles);
	drm_printf(p, "drm-maxfreq-program:\t%llu Hz\n", gdev->hw.clock_khz * 1000ULL);
	drm_printf(p, "drm-total-sram:\t%llu\n", sram);
	drm_printf(p, "drm-resident-sram:\t%llu\n", sram);
	drm_printf(p, "groq-bytes-in:\t%llu\n", (u64)atomic64_read(&gfile->usage.bytes_in));
	drm_printf(p, "groq-bytes-out:\t%llu\n", (u64)atomic64_read(&gfile->usage.bytes_out));
	drm_show_memory_stats(p, file);
}
