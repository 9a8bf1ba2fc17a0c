(SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier')
