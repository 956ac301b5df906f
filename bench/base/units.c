#include "bench/base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/duration.h"

/* Digits after the point that make three significant ones of a value below 1000, rounding
 * included: 9.996 is 10.0 and not 10.00. */
static int decimals(double value)
{
    if (fabs(value) >= 99.95)
        return 0;
    return fabs(value) >= 9.995 ? 1 : 2;
}

void units_format_us(char out[UNITS_TEXT_BYTES], double us)
{
    static const char *const units[] = {"µs", "ms", "s"};
    size_t i = 0;

    if (!isfinite(us)) {
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
        return;
    }
    while (i < 2 && fabs(us) >= 999.5) {
        us /= 1000;
        i++;
    }
    snprintf(out, UNITS_TEXT_BYTES, "%.*f %s", us == 0 ? 0 : decimals(us), us, units[i]);
}

void units_format_limit_us(char out[UNITS_TEXT_BYTES], double us)
{
    char text[UNITS_TEXT_BYTES];
    size_t len;

    units_format_us(text, us);
    len = strcspn(text, " ");
    while (memchr(text, '.', len) != NULL && strchr("0.", text[len - 1]) != NULL)
        len--;
    snprintf(out, UNITS_TEXT_BYTES, "%.*s%s", (int)len, text, text + strcspn(text, " "));
}

void units_format_count(char out[UNITS_TEXT_BYTES], double n)
{
    char digits[UNITS_TEXT_BYTES];
    size_t len, to = 0;

    if (!isfinite(n) || n < 0 || n > 1e15) {
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
        return;
    }
    snprintf(digits, sizeof digits, "%.0f", n);
    len = strlen(digits);
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[to++] = ',';
        out[to++] = digits[i];
    }
    out[to] = '\0';
}

void units_format_ratio(char out[UNITS_TEXT_BYTES], double ratio)
{
    if (!isfinite(ratio))
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
    else if (ratio == 0)
        snprintf(out, UNITS_TEXT_BYTES, "0");
    else if (ratio >= 999.5)
        units_format_count(out, ratio);
    else if (ratio >= 0.9995)
        snprintf(out, UNITS_TEXT_BYTES, "%.*f", decimals(ratio), ratio);
    else
        snprintf(out, UNITS_TEXT_BYTES, "%.3g", ratio);
}

void units_format_plan(char out[UNITS_TEXT_BYTES], double n)
{
    double unit = n > 1000 ? pow(10, floor(log10(n)) - 2) : 1;

    units_format_ratio(out, n > 1000 ? round(n / unit) * unit : n);
}

void units_format_percent(char out[UNITS_TEXT_BYTES], double share)
{
    char number[UNITS_TEXT_BYTES];

    units_format_ratio(number, share * 100);
    if (!isfinite(share))
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
    else if (share > 0.9995 && share < 1)
        snprintf(out, UNITS_TEXT_BYTES, "> 99.9 %%");
    else
        snprintf(out, UNITS_TEXT_BYTES, "%.20s %%", number);
}

void units_format_times(char out[UNITS_TEXT_BYTES], double times)
{
    char text[UNITS_TEXT_BYTES];
    double unit = times < 99.5 ? 1 : pow(10, floor(log10(times)) - 1);

    units_format_count(text, round(times / unit) * unit);
    if (times < 9.95)
        snprintf(text, sizeof text, "%.1f", times);
    snprintf(out, UNITS_TEXT_BYTES, "%.24s times", text);
}

void units_format_share(char out[UNITS_TEXT_BYTES], double share)
{
    if (!isfinite(share))
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
    else
        snprintf(out, UNITS_TEXT_BYTES, "%.4g\u00a0%%", floor(share * 1e4 + 1e-6) / 100);
}

void units_format_ms(char out[UNITS_TEXT_BYTES], double ms)
{
    units_format_us(out, ms * 1e3);
}

void units_format_duration(char out[UNITS_TEXT_BYTES], double s)
{
    long whole = isfinite(s) ? lround(s) : 0;

    if (!isfinite(s))
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
    else if (whole < 60)
        snprintf(out, UNITS_TEXT_BYTES, "%ld s", whole);
    else if (whole < 3600)
        snprintf(out, UNITS_TEXT_BYTES, "%ld min %ld s", whole / 60, whole % 60);
    else
        snprintf(out, UNITS_TEXT_BYTES, "%ld h %ld min", whole / 3600, whole % 3600 / 60);
}

/* Three digits and a unit, of those that are each 1000 times the one before. */
static void format_scaled(char out[UNITS_TEXT_BYTES], double value, const char *const units[5])
{
    char number[UNITS_TEXT_BYTES];
    size_t i = 0;

    for (; value >= 999.5 && i < 4; i++)
        value /= 1000;
    units_format_ratio(number, value);
    snprintf(out, UNITS_TEXT_BYTES, "%.16s\u00a0%s", number, units[i]);
}

void units_format_bps(char out[UNITS_TEXT_BYTES], double bps)
{
    static const char *const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"};

    if (isfinite(bps))
        format_scaled(out, bps, units);
    else
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
}

void units_format_kb(char out[UNITS_TEXT_BYTES], double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};

    if (!isfinite(bytes) || bytes < 0)
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
    else if (bytes < 9.5) /* less than what pages of memory can tell */
        snprintf(out, UNITS_TEXT_BYTES, "under 10\u00a0B");
    else
        format_scaled(out, bytes < 999.5 ? round(bytes) : bytes, units);
}

/* ---- a value and its interval ---- */

/* How the formats above scale a value, and what they write behind it. */
static const struct scale {
    units_format *format;
    double unit, step; /* what the first name stands for, and how many of it are the next */
    const char *names[5];
} scales[] = {
    {units_format_us, 1, 1000, {" µs", " ms", " s"}},
    {units_format_count, 1, 0, {""}},
    {units_format_ratio, 1, 0, {""}},
    {units_format_kb, 1, 1000, {"\u00a0B", "\u00a0kB", "\u00a0MB", "\u00a0GB", "\u00a0TB"}},
    {units_format_share, 0.01, 0, {"\u00a0%"}},
};
enum { SCALES = sizeof scales / sizeof *scales, DECIMALS_MAX = 5 };

/* Decimals that give a number n significant digits; 0 has none of its own. */
static int decimals_for(double number, int n)
{
    double exponent = number == 0 ? -DECIMALS_MAX : floor(log10(fabs(number)) + 1e-9);

    return (int)fmax(0, fmin(n - 1 - exponent, DECIMALS_MAX));
}

/* Those that the format gives the value alone, at most. */
static int decimals_alone(const struct scale *s, double scaled, size_t name)
{
    if (s->format == units_format_count || (s->format == units_format_kb && name == 0))
        return 0;
    if (s->format == units_format_us)
        return decimals(scaled);
    return s->format == units_format_share ? 2 : decimals_for(scaled, 3);
}

/* The number with so many decimals, thousands apart from 1,000 on. */
static void format_digits(char out[UNITS_TEXT_BYTES], double number, int places)
{
    if (places == 0 && number >= 999.5)
        units_format_count(out, number);
    else
        snprintf(out, UNITS_TEXT_BYTES, "%.*f", places, number);
}

/* The number at the beginning of such a text, without the commas of thousands. */
static double read_number(const char *text)
{
    char digits[UNITS_TEXT_BYTES];
    size_t len = 0;

    for (; *text != '\0' && *text != ' '; text++)
        if (*text != ',')
            digits[len++] = *text;
    digits[len] = '\0';
    return strtod(digits, NULL);
}

static void format_in_scale(char out[UNITS_TEXT_BYTES], const struct scale *s, double value,
                            double low, double high)
{
    double unit = s->unit, half = (high - low) / 2, grain, shown;
    char number[UNITS_TEXT_BYTES], beside[UNITS_TEXT_BYTES], *behind;
    size_t name = 0;
    int places;

    for (; s->step > 0 && name < 4 && s->names[name + 1] != NULL && fabs(value) / unit >= 999.5;
         name++)
        unit *= s->step;
    s->format(number, value);
    behind = strstr(number, s->names[name]);
    if (behind == NULL) { /* words */
        snprintf(out, UNITS_TEXT_BYTES, "%s", number);
        return;
    }
    if (s->names[name][0] != '\0')
        *behind = '\0';
    shown = read_number(number);
    places = (int)fmin(decimals_for(half / unit, 2), decimals_alone(s, value / unit, name));
    grain = pow(10, -places);
    half = ceil(fmax(high / unit - shown, shown - low / unit) / grain - 1e-6) * grain;
    format_digits(beside, half, places);
    snprintf(out, UNITS_TEXT_BYTES, "%.12s ±%.10s%s", number, beside, s->names[name]);
}

void units_format_within(char out[UNITS_TEXT_BYTES], units_format *format, double value, double low,
                         double high)
{
    const struct scale *s = scales;

    while (s < scales + SCALES && s->format != format)
        s++;
    if (s == scales + SCALES || !isfinite(value) || !(high - low > 1e-9 * fabs(value)))
        format(out, value);
    else
        format_in_scale(out, s, value, low, high);
}

size_t units_text_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* ---- reading ---- */

bool quantity_read(const char *text, const struct quantity_unit *units, double *out)
{
    double value;
    const char *unit = text == NULL || *text == '-' ? NULL : duration_take_number(&value, text);

    if (unit == NULL)
        return false;
    for (; units->name != NULL; units++) {
        if (strcasecmp(unit, units->name) != 0)
            continue;
        *out = value * units->factor;
        return true;
    }
    return false;
}

bool quantity_read_us(const char *text, double *out)
{
    double ns;

    if (text == NULL || !duration_read(&ns, text, 0) || ns < 0)
        return false;
    *out = ns / 1e3;
    return true;
}

bool quantity_read_share(const char *text, double *out)
{
    static const struct quantity_unit units[] = {{"", 1}, {"%", 0.01}, {NULL, 0}};
    double share;

    if (!quantity_read(text, units, &share) || share > 1)
        return false;
    *out = share;
    return true;
}

bool quantity_read_bytes(const char *text, double *out)
{
    static const struct quantity_unit units[] = {
        {"", 1}, {"B", 1}, {"KB", 1e3}, {"KiB", 1024}, {"MB", 1e6}, {"MiB", 1 << 20}, {NULL, 0}};

    return quantity_read(text, units, out);
}

bool quantity_read_number(const char *text, double *out)
{
    static const struct quantity_unit units[] = {{"", 1}, {NULL, 0}};

    return quantity_read(text, units, out);
}
