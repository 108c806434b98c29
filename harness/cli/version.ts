import metadata from '../../package.json' with { type: 'json' };

/** Version of this project. */
export const VERSION = metadata.version;
