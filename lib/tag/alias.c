/* SPDX-License-Identifier: Apache-2.0 */
#include "tag/alias.h"

#include "base/attr.h"

/*
 * Two reasons for aliases: the record's head is laid out in four ways (see the
 * windows normaliser), and Security 4688 names what Sysmon 1 names otherwise.
 */
static const struct field_alias aliases[] = {
	{ "EventID", {
		{ "event_id" }, { "winlog", "event_id" },
		{ "Event", "System", "EventID" }, { "System", "EventID" },
		{ "EventCode" }, { "eventId" } } },
	{ "Provider_Name", {
		{ "SourceName" }, { "ProviderName" }, { "source_name" },
		{ "winlog", "provider_name" },
		{ "Event", "System", "Provider", "#attributes" },
		{ "System", "Provider", "#attributes" },
		{ "Provider" } } },
	{ "Channel", {
		{ "log_name" }, { "winlog", "channel" },
		{ "Event", "System", "Channel" }, { "System", "Channel" } } },
	{ "Computer", {
		{ "Hostname" }, { "computer_name" },
		{ "winlog", "computer_name" },
		{ "Event", "System", "Computer" }, { "System", "Computer" },
		{ "host", "name" } } },
	{ "ComputerName", {
		{ "Computer" }, { "Hostname" }, { "computer_name" },
		{ "winlog", "computer_name" },
		{ "Event", "System", "Computer" } } },
	{ "Image", { { "NewProcessName" } } },
	{ "ParentImage", { { "ParentProcessName" } } },
	{ "CommandLine", { { "ProcessCommandLine" } } },
	{ "User", { { "SubjectUserName" } } },
	{ "LogonId", { { "SubjectLogonId" } } },
	{ "IntegrityLevel", { { "MandatoryLabel" } } },
	{ "ScriptBlockText", { { "Script" } } },
	{ "ServiceFileName", { { "ImagePath" } } },
	{ "ImagePath", { { "ServiceFileName" } } },
	{ "QueryName", { { "query" } } },
	{ "c-uri", { { "uri" } } },
	{ "c-useragent", { { "user_agent" } } },
	{ "cs-method", { { "method" } } },
	{ "cs-host", { { "host" } } },
	{ "dst_ip", {
		{ "id.resp_h" }, { "id", "resp_h" }, { "DestinationIp" } } },
	{ "src_ip", {
		{ "id.orig_h" }, { "id", "orig_h" }, { "SourceIp" } } },
	{ "dst_port", {
		{ "id.resp_p" }, { "id", "resp_p" }, { "DestinationPort" } } },
	{ "src_port", {
		{ "id.orig_p" }, { "id", "orig_p" }, { "SourcePort" } } },
};

const struct field_alias *
alias_of(struct str name)
{
	for (size_t i = 0; i < COUNT(aliases); i++)
		if (str_is(name, aliases[i].name))
			return &aliases[i];
	return NULL;
}
