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

/* One sensor value: where it is and how it is called. */
struct groq_sensor {
	enum hwmon_sensor_types type;
	u32 attribute;
	int channel;
	u32 reg;
	int factor;	/* of the register's unit in hwmon's */
};

static const struct groq_sensor groq_sensors[] = {
	{ hwmon_temp, hwmon_temp_input, 0, GROQ_TELEMETRY_CHIP_MC, 1 },
	{ hwmon_temp, hwmon_temp_max, 0, GROQ_TELEMETRY_CHIP_MAX_MC, 1 },
	{ hwmon_temp, hwmon_temp_crit, 0, GROQ_TELEMETRY_CHIP_CRIT_MC, 1 },
	{ hwmon_temp, hwmon_temp_input, 1, GROQ_TELEMETRY_BOARD_MC, 1 },
	{ hwmon_power, hwmon_power_input, 0, GROQ_TELEMETRY_POWER_MW, GROQ_UW_PER_MW },
	{ hwmon_power, hwmon_power_cap, 0, GROQ_TELEMETRY_POWER_CAP_MW, GROQ_UW_PER_MW },
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
	u32 status;

	/* Temperatures are signed; nothing else reaches bit 31. */
	*value = (long)(s32)groq_hw_read32(&gdev->hw, sensor->reg) * sensor->factor;
	status = groq_hw_status(&gdev->hw);
	if (!groq_hw_present(&gdev->hw))
		return -ENODEV;
	return status & GROQ_STATUS_CONTROLLER ? 0 : -ENODATA;
}

static int groq_telemetry_read(struct device *dev, enum hwmon_sensor_types type,
			       u32 attribute, int channel, long *value)
{
	struct groq_device *gdev = dev_get_drvdata(dev);
	const struct groq_sensor *sensor;
	int ret;

	for (sensor = groq_sensors; sensor < groq_sensors + ARRAY_SIZE(groq_sensors); sensor++) {
		if (sensor->type != type || sensor->attribute != attribute ||
		    sensor->channel != channel)
			continue;
		ret = groq_power_get(gdev);
		if (ret)
			return ret;
		ret = groq_telemetry_read_awake(gdev, sensor, value);
		groq_power_put(gdev);
		return ret;
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
	default:
		*name = "core";
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
			   HWMON_T_INPUT | HWMON_T_LABEL | HWMON_T_MAX | HWMON_T_CRIT,
			   HWMON_T_INPUT | HWMON_T_LABEL),
	HWMON_CHANNEL_INFO(power, HWMON_P_INPUT | HWMON_P_LABEL | HWMON_P_CAP),
	HWMON_CHANNEL_INFO(in, HWMON_I_INPUT | HWMON_I_LABEL),
	HWMON_CHANNEL_INFO(curr, HWMON_C_INPUT | HWMON_C_LABEL),
	NULL
};

static const struct hwmon_chip_info groq_telemetry_chip = {
	.ops = &groq_telemetry_ops,
	.info = groq_telemetry_channels,
};

int groq_telemetry_init(struct groq_device *gdev)
{
	struct device *hwmon;

	if (!IS_REACHABLE(CONFIG_HWMON))
		return 0;
	hwmon = devm_hwmon_device_register_with_info(gdev->drm.dev, "groq", gdev,
						     &groq_telemetry_chip, NULL);
	return PTR_ERR_OR_ZERO(hwmon);
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
