transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target
