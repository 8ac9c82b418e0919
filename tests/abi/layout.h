/* SPDX-License-Identifier: MIT */
/*
 * Where every member of every structure of include/hw and include/uapi lies.
 * These numbers are the interface: a change here breaks drivers, chips or
 * programs that exist.
 */
#ifndef GROQ_TESTS_ABI_LAYOUT_H
#define GROQ_TESTS_ABI_LAYOUT_H

#include "drm/groq_accel.h"
#include "drm/groq_coredump.h"
#include "hw/groq_queue.h"
#include "hw/groq_regs.h"
#include "hw/groq_sram.h"
#include "hw/groq_isa.h"

/* TYPE(structure, bytes), MEMBER(structure, member, offset, bytes) */
#define GROQ_LAYOUT(TYPE, MEMBER) \
	TYPE(groq_scatter, 16) \
	MEMBER(groq_scatter, host, 0, 8) \
	MEMBER(groq_scatter, sram, 8, 4) \
	MEMBER(groq_scatter, length, 12, 4) \
	TYPE(groq_command_copy, 48) \
	MEMBER(groq_command_copy, list, 0, 8) \
	MEMBER(groq_command_copy, count, 8, 4) \
	MEMBER(groq_command_copy, reserved0, 12, 4) \
	MEMBER(groq_command_copy, entry, 16, 16) \
	MEMBER(groq_command_copy, reserved1, 32, 16) \
	TYPE(groq_command_run, 48) \
	MEMBER(groq_command_run, launch, 0, 4) \
	MEMBER(groq_command_run, count, 4, 4) \
	MEMBER(groq_command_run, max_cycles, 8, 8) \
	MEMBER(groq_command_run, reserved, 16, 32) \
	TYPE(groq_command_fill, 48) \
	MEMBER(groq_command_fill, sram, 0, 4) \
	MEMBER(groq_command_fill, length, 4, 4) \
	MEMBER(groq_command_fill, pattern, 8, 4) \
	MEMBER(groq_command_fill, reserved0, 12, 4) \
	MEMBER(groq_command_fill, reserved1, 16, 32) \
	TYPE(groq_command, 64) \
	MEMBER(groq_command, opcode, 0, 1) \
	MEMBER(groq_command, flags, 1, 1) \
	MEMBER(groq_command, reserved0, 2, 2) \
	MEMBER(groq_command, reserved1, 4, 4) \
	MEMBER(groq_command, cookie, 8, 8) \
	MEMBER(groq_command, copy, 16, 48) \
	MEMBER(groq_command, run, 16, 48) \
	MEMBER(groq_command, fill, 16, 48) \
	MEMBER(groq_command, reserved, 16, 48) \
	TYPE(groq_completion, 32) \
	MEMBER(groq_completion, cookie, 0, 8) \
	MEMBER(groq_completion, result, 8, 8) \
	MEMBER(groq_completion, time, 16, 8) \
	MEMBER(groq_completion, status, 24, 2) \
	MEMBER(groq_completion, sq_head, 26, 2) \
	MEMBER(groq_completion, queue, 28, 2) \
	MEMBER(groq_completion, flags, 30, 2) \
	TYPE(groq_fault, 64) \
	MEMBER(groq_fault, cause, 0, 4) \
	MEMBER(groq_fault, unit, 4, 4) \
	MEMBER(groq_fault, cycle, 8, 8) \
	MEMBER(groq_fault, address, 16, 8) \
	MEMBER(groq_fault, cookie, 24, 8) \
	MEMBER(groq_fault, text, 32, 4) \
	MEMBER(groq_fault, detail, 36, 4) \
	MEMBER(groq_fault, instruction, 40, 16) \
	MEMBER(groq_fault, reserved, 56, 8) \
	TYPE(groq_launch, 16) \
	MEMBER(groq_launch, icu, 0, 2) \
	MEMBER(groq_launch, reserved0, 2, 2) \
	MEMBER(groq_launch, text, 4, 4) \
	MEMBER(groq_launch, count, 8, 4) \
	MEMBER(groq_launch, reserved1, 12, 4) \
	TYPE(groq_mailbox_message, 64) \
	MEMBER(groq_mailbox_message, opcode, 0, 2) \
	MEMBER(groq_mailbox_message, status, 2, 2) \
	MEMBER(groq_mailbox_message, sequence, 4, 4) \
	MEMBER(groq_mailbox_message, payload, 8, 56) \
	TYPE(drm_groq_get_param, 16) \
	MEMBER(drm_groq_get_param, param, 0, 4) \
	MEMBER(drm_groq_get_param, reserved, 4, 4) \
	MEMBER(drm_groq_get_param, value, 8, 8) \
	TYPE(drm_groq_bo_create, 24) \
	MEMBER(drm_groq_bo_create, size, 0, 8) \
	MEMBER(drm_groq_bo_create, flags, 8, 4) \
	MEMBER(drm_groq_bo_create, handle, 12, 4) \
	MEMBER(drm_groq_bo_create, mmap_offset, 16, 8) \
	TYPE(drm_groq_context_create, 16) \
	MEMBER(drm_groq_context_create, flags, 0, 4) \
	MEMBER(drm_groq_context_create, id, 4, 4) \
	MEMBER(drm_groq_context_create, holder, 8, 4) \
	MEMBER(drm_groq_context_create, reserved, 12, 4) \
	TYPE(drm_groq_context_destroy, 8) \
	MEMBER(drm_groq_context_destroy, id, 0, 4) \
	MEMBER(drm_groq_context_destroy, reserved, 4, 4) \
	TYPE(drm_groq_sram_reserve, 24) \
	MEMBER(drm_groq_sram_reserve, context, 0, 4) \
	MEMBER(drm_groq_sram_reserve, flags, 4, 4) \
	MEMBER(drm_groq_sram_reserve, address, 8, 8) \
	MEMBER(drm_groq_sram_reserve, size, 16, 8) \
	TYPE(drm_groq_sram_release, 16) \
	MEMBER(drm_groq_sram_release, context, 0, 4) \
	MEMBER(drm_groq_sram_release, reserved, 4, 4) \
	MEMBER(drm_groq_sram_release, address, 8, 8) \
	TYPE(drm_groq_queue_create, 16) \
	MEMBER(drm_groq_queue_create, context, 0, 4) \
	MEMBER(drm_groq_queue_create, priority, 4, 4) \
	MEMBER(drm_groq_queue_create, flags, 8, 4) \
	MEMBER(drm_groq_queue_create, id, 12, 4) \
	TYPE(drm_groq_queue_destroy, 8) \
	MEMBER(drm_groq_queue_destroy, id, 0, 4) \
	MEMBER(drm_groq_queue_destroy, reserved, 4, 4) \
	TYPE(drm_groq_command, 64) \
	MEMBER(drm_groq_command, type, 0, 4) \
	MEMBER(drm_groq_command, flags, 4, 4) \
	MEMBER(drm_groq_command, bo, 8, 4) \
	MEMBER(drm_groq_command, rows, 12, 4) \
	MEMBER(drm_groq_command, bo_offset, 16, 8) \
	MEMBER(drm_groq_command, sram, 24, 8) \
	MEMBER(drm_groq_command, size, 32, 8) \
	MEMBER(drm_groq_command, bo_stride, 40, 8) \
	MEMBER(drm_groq_command, sram_stride, 48, 8) \
	MEMBER(drm_groq_command, expected, 56, 8) \
	TYPE(drm_groq_result, 80) \
	MEMBER(drm_groq_result, status, 0, 4) \
	MEMBER(drm_groq_result, fault_cause, 4, 4) \
	MEMBER(drm_groq_result, value, 8, 8) \
	MEMBER(drm_groq_result, device_time_ns, 16, 8) \
	MEMBER(drm_groq_result, fault_cycle, 24, 8) \
	MEMBER(drm_groq_result, fault_address, 32, 8) \
	MEMBER(drm_groq_result, fault_unit, 40, 4) \
	MEMBER(drm_groq_result, fault_text, 44, 4) \
	MEMBER(drm_groq_result, fault_detail, 48, 4) \
	MEMBER(drm_groq_result, reserved, 52, 4) \
	MEMBER(drm_groq_result, fault_instruction, 56, 16) \
	MEMBER(drm_groq_result, expected, 72, 8) \
	TYPE(drm_groq_sync, 16) \
	MEMBER(drm_groq_sync, handle, 0, 4) \
	MEMBER(drm_groq_sync, flags, 4, 4) \
	MEMBER(drm_groq_sync, point, 8, 8) \
	TYPE(drm_groq_submit, 64) \
	MEMBER(drm_groq_submit, queue, 0, 4) \
	MEMBER(drm_groq_submit, flags, 4, 4) \
	MEMBER(drm_groq_submit, commands, 8, 8) \
	MEMBER(drm_groq_submit, command_count, 16, 4) \
	MEMBER(drm_groq_submit, wait_count, 20, 4) \
	MEMBER(drm_groq_submit, waits, 24, 8) \
	MEMBER(drm_groq_submit, signals, 32, 8) \
	MEMBER(drm_groq_submit, signal_count, 40, 4) \
	MEMBER(drm_groq_submit, result_bo, 44, 4) \
	MEMBER(drm_groq_submit, result_offset, 48, 8) \
	MEMBER(drm_groq_submit, tag, 56, 8) \
	TYPE(drm_groq_cancel, 16) \
	MEMBER(drm_groq_cancel, tag, 0, 8) \
	MEMBER(drm_groq_cancel, flags, 8, 4) \
	MEMBER(drm_groq_cancel, count, 12, 4) \
	TYPE(drm_groq_bo_pin, 24) \
	MEMBER(drm_groq_bo_pin, address, 0, 8) \
	MEMBER(drm_groq_bo_pin, size, 8, 8) \
	MEMBER(drm_groq_bo_pin, flags, 16, 4) \
	MEMBER(drm_groq_bo_pin, handle, 20, 4) \
	TYPE(drm_groq_context_query, 56) \
	MEMBER(drm_groq_context_query, id, 0, 4) \
	MEMBER(drm_groq_context_query, reserved, 4, 4) \
	MEMBER(drm_groq_context_query, jobs, 8, 8) \
	MEMBER(drm_groq_context_query, faults, 16, 8) \
	MEMBER(drm_groq_context_query, timeouts, 24, 8) \
	MEMBER(drm_groq_context_query, resets, 32, 8) \
	MEMBER(drm_groq_context_query, unexpected, 40, 8) \
	MEMBER(drm_groq_context_query, card_resets, 48, 8) \
	TYPE(drm_groq_link, 72) \
	MEMBER(drm_groq_link, state, 0, 4) \
	MEMBER(drm_groq_link, peer_link, 4, 4) \
	MEMBER(drm_groq_link, peer_serial, 8, 8) \
	MEMBER(drm_groq_link, lanes, 16, 4) \
	MEMBER(drm_groq_link, rate_mbps, 20, 4) \
	MEMBER(drm_groq_link, sent, 24, 8) \
	MEMBER(drm_groq_link, received, 32, 8) \
	MEMBER(drm_groq_link, corrected, 40, 8) \
	MEMBER(drm_groq_link, uncorrected, 48, 8) \
	MEMBER(drm_groq_link, downs, 56, 8) \
	MEMBER(drm_groq_link, open, 64, 4) \
	TYPE(drm_groq_topology, 24) \
	MEMBER(drm_groq_topology, links, 0, 8) \
	MEMBER(drm_groq_topology, count, 8, 4) \
	MEMBER(drm_groq_topology, flags, 12, 4) \
	MEMBER(drm_groq_topology, generation, 16, 8) \
	TYPE(drm_groq_link_align, 48) \
	MEMBER(drm_groq_link_align, link, 0, 4) \
	MEMBER(drm_groq_link_align, samples, 4, 4) \
	MEMBER(drm_groq_link_align, flags, 8, 4) \
	MEMBER(drm_groq_link_align, period, 12, 4) \
	MEMBER(drm_groq_link_align, round_min, 16, 4) \
	MEMBER(drm_groq_link_align, round_max, 20, 4) \
	MEMBER(drm_groq_link_align, round_sum, 24, 8) \
	MEMBER(drm_groq_link_align, round_squares, 32, 8) \
	MEMBER(drm_groq_link_align, offset, 40, 4) \
	MEMBER(drm_groq_link_align, reserved, 44, 4) \
	TYPE(drm_groq_uring_copy, 64) \
	MEMBER(drm_groq_uring_copy, queue, 0, 4) \
	MEMBER(drm_groq_uring_copy, flags, 4, 4) \
	MEMBER(drm_groq_uring_copy, bo, 8, 4) \
	MEMBER(drm_groq_uring_copy, rows, 12, 4) \
	MEMBER(drm_groq_uring_copy, address, 16, 8) \
	MEMBER(drm_groq_uring_copy, sram, 24, 8) \
	MEMBER(drm_groq_uring_copy, size, 32, 8) \
	MEMBER(drm_groq_uring_copy, stride, 40, 8) \
	MEMBER(drm_groq_uring_copy, sram_stride, 48, 8) \
	MEMBER(drm_groq_uring_copy, tag, 56, 8) \
	TYPE(drm_groq_uring_wait, 24) \
	MEMBER(drm_groq_uring_wait, after, 0, 8) \
	MEMBER(drm_groq_uring_wait, events, 8, 4) \
	MEMBER(drm_groq_uring_wait, flags, 12, 4) \
	MEMBER(drm_groq_uring_wait, tag, 16, 8) \
	TYPE(drm_groq_uring_cancel, 16) \
	MEMBER(drm_groq_uring_cancel, tag, 0, 8) \
	MEMBER(drm_groq_uring_cancel, flags, 8, 4) \
	MEMBER(drm_groq_uring_cancel, reserved, 12, 4) \
	TYPE(groq_coredump, 168) \
	MEMBER(groq_coredump, magic, 0, 8) \
	MEMBER(groq_coredump, version, 8, 4) \
	MEMBER(groq_coredump, reason, 12, 4) \
	MEMBER(groq_coredump, bytes, 16, 8) \
	MEMBER(groq_coredump, time_ns, 24, 8) \
	MEMBER(groq_coredump, serial, 32, 8) \
	MEMBER(groq_coredump, device_time_ns, 40, 8) \
	MEMBER(groq_coredump, hw_version, 48, 4) \
	MEMBER(groq_coredump, firmware, 52, 4) \
	MEMBER(groq_coredump, queue, 56, 4) \
	MEMBER(groq_coredump, resets, 60, 4) \
	MEMBER(groq_coredump, pci, 64, 16) \
	MEMBER(groq_coredump, driver, 80, 16) \
	MEMBER(groq_coredump, kernel, 96, 64) \
	MEMBER(groq_coredump, section_count, 160, 4) \
	MEMBER(groq_coredump, reserved, 164, 4) \
	TYPE(groq_coredump_section, 24) \
	MEMBER(groq_coredump_section, type, 0, 4) \
	MEMBER(groq_coredump_section, entry_bytes, 4, 4) \
	MEMBER(groq_coredump_section, count, 8, 8) \
	MEMBER(groq_coredump_section, offset, 16, 8) \
	TYPE(groq_coredump_register, 8) \
	MEMBER(groq_coredump_register, offset, 0, 4) \
	MEMBER(groq_coredump_register, value, 4, 4) \
	TYPE(groq_coredump_queue, 56) \
	MEMBER(groq_coredump_queue, index, 0, 4) \
	MEMBER(groq_coredump_queue, state, 4, 4) \
	MEMBER(groq_coredump_queue, status, 8, 4) \
	MEMBER(groq_coredump_queue, priority, 12, 4) \
	MEMBER(groq_coredump_queue, tail, 16, 4) \
	MEMBER(groq_coredump_queue, head, 20, 4) \
	MEMBER(groq_coredump_queue, pid, 24, 4) \
	MEMBER(groq_coredump_queue, reserved, 28, 4) \
	MEMBER(groq_coredump_queue, comm, 32, 16) \
	MEMBER(groq_coredump_queue, seqno, 48, 8) \
	TYPE(groq_coredump_job, 24) \
	MEMBER(groq_coredump_job, queue, 0, 4) \
	MEMBER(groq_coredump_job, state, 4, 4) \
	MEMBER(groq_coredump_job, seqno, 8, 8) \
	MEMBER(groq_coredump_job, commands, 16, 4) \
	MEMBER(groq_coredump_job, done, 20, 4) \
	TYPE(groq_coredump_command, 40) \
	MEMBER(groq_coredump_command, type, 0, 4) \
	MEMBER(groq_coredump_command, rows, 4, 4) \
	MEMBER(groq_coredump_command, bo_offset, 8, 8) \
	MEMBER(groq_coredump_command, sram, 16, 8) \
	MEMBER(groq_coredump_command, size, 24, 8) \
	MEMBER(groq_coredump_command, expected, 32, 8) \
	TYPE(groq_coredump_fault, 88) \
	MEMBER(groq_coredump_fault, status, 0, 4) \
	MEMBER(groq_coredump_fault, cause, 4, 4) \
	MEMBER(groq_coredump_fault, cycle, 8, 8) \
	MEMBER(groq_coredump_fault, address, 16, 8) \
	MEMBER(groq_coredump_fault, unit, 24, 4) \
	MEMBER(groq_coredump_fault, text, 28, 4) \
	MEMBER(groq_coredump_fault, detail, 32, 4) \
	MEMBER(groq_coredump_fault, queue, 36, 4) \
	MEMBER(groq_coredump_fault, seqno, 40, 8) \
	MEMBER(groq_coredump_fault, command, 48, 4) \
	MEMBER(groq_coredump_fault, pid, 52, 4) \
	MEMBER(groq_coredump_fault, comm, 56, 16) \
	MEMBER(groq_coredump_fault, instruction, 72, 16)

#endif
