/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signature's class comes with a priority from 1 to 4, and the sensor gives
 * that as the alert's severity. It is one number for hundreds of signatures,
 * made for the order of a console: a scanner's user agent is 1 like a trojan's
 * call home, for both are web or malware, and a policy breach is 1 as well. So
 * it says little of one alert; but the class itself says where its signatures
 * stand on the way from looking to having. That is what is taken here, in three
 * steps, whatever the priority. Classes of no step (protocol decoding, policy,
 * "misc") say nothing, and then rarity and company decide.
 *
 * A class that is not of the list is the site's own, and so is its priority:
 * there the sensor's word stands.
 */
#include "norm/suricata_class.h"

#include "base/attr.h"

enum { HARMLESS = 10, LOOKING = 20, TRYING = 65, INSIDE = 90,
	NOTHING = CLASS_SAYS_NOTHING };

static const struct { const char *name; int severity; } classes[] = {
	{ "Not Suspicious Traffic", HARMLESS },

	{ "Attempted Information Leak", LOOKING },
	{ "Detection of a Network Scan", LOOKING },
	{ "Decode of an RPC Query", LOOKING },
	{ "Generic ICMP event", LOOKING },
	{ "access to a potentially vulnerable web application", LOOKING },
	{ "Device Retrieving External IP Address Detected", LOOKING },

	{ "Attempted Denial of Service", TRYING },
	{ "Detection of a Denial of Service Attack", TRYING },
	{ "Attempted User Privilege Gain", TRYING },
	{ "Unsuccessful User Privilege Gain", TRYING },
	{ "Attempted Administrator Privilege Gain", TRYING },
	{ "Web Application Attack", TRYING },
	{ "Misc Attack", TRYING },
	{ "Executable code was detected", TRYING },
	{ "Exploit Kit Activity Detected", TRYING },
	{ "Possible Social Engineering Attempted", TRYING },
	{ "A suspicious filename was detected", TRYING },
	{ "A system call was detected", TRYING },
	{ "An attempted login using a suspicious username was detected",
	    TRYING },
	{ "Attempt to login by a default username and password", TRYING },

	{ "Denial of Service", INSIDE },
	{ "Large Scale Information Leak", INSIDE },
	{ "Successful User Privilege Gain", INSIDE },
	{ "Successful Administrator Privilege Gain", INSIDE },
	{ "Successful Credential Theft Detected", INSIDE },
	{ "A Network Trojan was detected", INSIDE },
	{ "Malware Command and Control Activity Detected", INSIDE },
	{ "Domain Observed Used for C2 Detected", INSIDE },
	{ "Targeted Malicious Activity was Detected", INSIDE },
	{ "Crypto Currency Mining Activity Detected", INSIDE },

	{ "Unknown Traffic", NOTHING },
	{ "Potentially Bad Traffic", NOTHING },
	{ "Information Leak", NOTHING },
	{ "Misc activity", NOTHING },
	{ "Generic Protocol Command Decode", NOTHING },
	{ "A suspicious string was detected", NOTHING },
	{ "A TCP connection was detected", NOTHING },
	{ "A client was using an unusual port", NOTHING },
	{ "Detection of a non-standard protocol or event", NOTHING },
	{ "Potential Corporate Privacy Violation", NOTHING },
	{ "Inappropriate Content was Detected", NOTHING },
	{ "Possibly Unwanted Program Detected", NOTHING },
};

int
suricata_class_severity(struct str category)
{
	size_t i;

	for (i = 0; i < COUNT(classes); i++)
		if (str_is_fold(category, classes[i].name))
			return classes[i].severity;
	return CLASS_UNKNOWN;
}

int
suricata_author_severity(struct str said)
{
	return str_is_fold(said, "Critical") ? INSIDE :
	    str_is_fold(said, "Major") ? TRYING :
	    str_is_fold(said, "Minor") ? 40 :
	    str_is_fold(said, "Informational") ? LOOKING : CLASS_UNKNOWN;
}
