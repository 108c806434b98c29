import metadata from '../../package.json' with { type: 'json' };

/** Version of this project. */
export const VERSION = metadata.version;

/** Name and version of this project, for what says who made it. */
export const TOOL = `${metadata.name} ${VERSION}`;
