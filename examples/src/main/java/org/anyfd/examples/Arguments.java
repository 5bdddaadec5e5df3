package org.anyfd.examples;

/** What an example was given. What it cannot use ends it with its usage and status 2. */
record Arguments(String usage, String... given) {
    /** The port at a place; 0 lets the system choose. */
    int port(int index, int otherwise) {
        return number(index, otherwise, 0, 65_535);
    }

    /**
     * The number at a place.
     *
     * @param otherwise if there are not so many
     */
    int number(int index, int otherwise, int least, int most) {
        if (index >= given.length) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(given[index]);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // As one that is out of range.
        }
        throw refused();
    }

    /** Ends the program; what it says it returns is for the compiler. */
    Error refused() {
        System.err.println("usage: " + usage);
        System.exit(2);
        return new AssertionError();
    }
}
