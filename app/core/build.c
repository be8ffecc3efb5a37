#include "parley/core/build.h"

#include <elf.h>
#include <link.h>
#include <string.h>

/* What a note's name and contents are filled up to. */
enum { NOTE_ALIGN = 4 };

/* Bytes borrowed from the program's own image. */
struct found {
    const uint8_t *bytes;
    size_t len;
};

static size_t padded(size_t len)
{
    return (len + NOTE_ALIGN - 1) & ~(size_t)(NOTE_ALIGN - 1);
}

/* Looks through the notes of one segment. */
static void notes_search(const uint8_t *notes, size_t len, struct found *found)
{
    ElfW(Nhdr) head;

    while (len >= sizeof(head)) {
        size_t name_len, contents_len;

        memcpy(&head, notes, sizeof(head));
        name_len = padded(head.n_namesz);
        contents_len = padded(head.n_descsz);
        if (len - sizeof(head) < name_len || len - sizeof(head) - name_len < contents_len)
            return;
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == sizeof("GNU") &&
            memcmp(notes + sizeof(head), "GNU", sizeof("GNU")) == 0) {
            *found = (struct found){ notes + sizeof(head) + name_len, head.n_descsz };
            return;
        }
        notes += sizeof(head) + name_len + contents_len;
        len -= sizeof(head) + name_len + contents_len;
    }
}

/* The program itself is the first object; the libraries behind it are not looked at. */
static int program_search(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct found *found = arg;

    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum && found->bytes == NULL; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

        if (segment->p_type == PT_NOTE)
            notes_search((const uint8_t *)(uintptr_t)(info->dlpi_addr + segment->p_vaddr), segment->p_memsz, found);
    }
    return 1;
}

struct str build_id(struct arena *a)
{
    static const char digits[] = "0123456789abcdef";
    struct found found = { NULL, 0 };
    char *text;

    (void)dl_iterate_phdr(program_search, &found);
    text = arena_alloc(a, 2 * found.len + 1);
    if (text == NULL)
        return (struct str){ NULL, 0 };
    for (size_t i = 0; i < found.len; i++) {
        text[2 * i] = digits[found.bytes[i] >> 4];
        text[2 * i + 1] = digits[found.bytes[i] & 0x0F];
    }
    text[2 * found.len] = '\0';
    return (struct str){ text, 2 * found.len };
}
